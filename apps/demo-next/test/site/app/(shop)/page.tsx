import type { ReactNode } from 'react';

export default function Page(): ReactNode {
  return <h1>The root page, in a route group</h1>;
}
