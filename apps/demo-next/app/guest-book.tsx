'use client';

import { useActionState, type ReactNode } from 'react';
import { sign } from './sign';

/** A form over a guarded server action. */
export function GuestBook(): ReactNode {
  const [signed, action] = useActionState(sign, '');
  return (
    <form action={action}>
      <input name="name" aria-label="Your name" />
      <button>Sign the guest book</button>
      <output>{signed}</output>
    </form>
  );
}
