import { index, route, type RouteConfig } from '@react-router/dev/routes';

const RESOURCES = ['hello', 'whoami', 'stream', 'never', 'echo', 'teapot', 'boom', 'order', 'orders', 'report'];
const PARSERS = ['json', 'form', 'raw', 'upload'];

export default [
  index('routes/home.tsx'),
  route('about', 'routes/about.tsx'),
  route('guarded', 'routes/guarded.ts'),
  ...[...RESOURCES, ...PARSERS].map((name) => route(name, `routes/${name}.ts`)),
] satisfies RouteConfig;
