export { captchaInBrowser } from './captcha-in-browser.js';
export { launchBrowser } from './launch.js';
