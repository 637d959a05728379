/** An application on Express, by `import`. */
import { crowdsecMiddleware } from '@crowdsec-sdk/express';
import express from 'express';
import { onExpress } from './on-express.mjs';

void onExpress({ crowdsecMiddleware, express });
