export * from './access.ts';
export * from './audit.ts';
export * from './content.ts';
export * from './exports.ts';
export * from './holds.ts';
export * from './operations.ts';
export * from './services.ts';
