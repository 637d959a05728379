import { createElement } from 'react';

/** Next takes the default export of this file. */
export default function Page() {
  return createElement('p', null, 'page');
}
