#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Reading the TypeScript anew is more than half of what a command costs.
enableCompileCache();
await import('./program.ts');
