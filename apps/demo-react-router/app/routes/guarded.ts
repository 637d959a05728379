export { loader } from './whoami';
