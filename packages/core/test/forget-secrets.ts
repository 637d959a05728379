import { forgetSecrets } from '../src/redaction/redaction.js';

// What is a secret to one file of tests is a plain word to the next, which runs in the same process.
forgetSecrets();
