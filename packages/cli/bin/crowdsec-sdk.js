#!/usr/bin/env node
// Stands where the build does not: npm links to it, and makes it executable, before anything is built.
import '../dist/command/cli.js';
