const { basename } = require('node:path');

const { ENTRY = '', BUNDLE = '', FOLDER = '' } = process.env;

module.exports = {
  mode: 'production',
  target: 'node20',
  entry: ENTRY,
  output: { path: FOLDER, filename: basename(BUNDLE) },
};
