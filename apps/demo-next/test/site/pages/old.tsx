import type { ReactNode } from 'react';

export default function Page(): ReactNode {
  return <h1>A page of the Pages Router</h1>;
}

export function getServerSideProps(): { readonly props: object } {
  return { props: {} };
}
