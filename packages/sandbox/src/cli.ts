#!/usr/bin/env node
import { createCommand } from './command.js';

await createCommand().parseAsync();
