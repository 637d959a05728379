/** An application on Express, by `require()`. */
const { crowdsecMiddleware } = require('@crowdsec-sdk/express');
const express = require('express');

void run();

async function run() {
  const imported = await import('@crowdsec-sdk/express');
  if (imported.crowdsecMiddleware !== crowdsecMiddleware) throw new Error('require() and import give two copies.');
  const { onExpress } = await import('./on-express.mjs');
  await onExpress({ crowdsecMiddleware, express });
}
