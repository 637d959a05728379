import type { ReactNode } from 'react';
import { GuestBook } from './guest-book';

export default function Page(): ReactNode {
  return (
    <main>
      <h1>Hello</h1>
      <p>Whoever CrowdSec decided against does not see this page.</p>
      <GuestBook />
    </main>
  );
}
