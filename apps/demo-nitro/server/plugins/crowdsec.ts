export { guard as default } from '../utils/crowdsec';
