export { GET } from '../whoami/+server';
