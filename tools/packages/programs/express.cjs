/** An application on Express, by `require()`. */
const { crowdsecMiddleware } = require('@crowdsec-sdk/express');
const express = require('express');

import('./on-express.mjs').then(({ onExpress }) => onExpress({ crowdsecMiddleware, express }));
