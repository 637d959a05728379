import { captchaInBrowser } from '@crowdsec-sdk/conformance/browser';
import { nodeHost } from '@crowdsec-sdk/conformance';
import express from 'express';
import { createApp } from './app.js';

captchaInBrowser(nodeHost('express', (crowdsec) => createApp(express, crowdsec)));
