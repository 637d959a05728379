import { adapterConformance, nodeHost } from '@crowdsec-sdk/conformance';
import express from 'express';
import express4 from 'express-4';
import { createApp } from './app.js';

adapterConformance(nodeHost('express', (crowdsec) => createApp(express, crowdsec)));
adapterConformance(nodeHost('express 4', (crowdsec) => createApp(express4, crowdsec)));
