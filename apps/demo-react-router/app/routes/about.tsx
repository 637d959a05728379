import type { ReactNode } from 'react';

export default function About(): ReactNode {
  return <h1>A page that is rendered when the application is built</h1>;
}
