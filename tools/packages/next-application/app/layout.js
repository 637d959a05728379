import { createElement } from 'react';

/** Next takes the default export of this file. */
export default function Layout({ children }) {
  return createElement('html', { lang: 'en' }, createElement('body', null, children));
}
