export * from './access.ts';
export * from './audit.ts';
export * from './exports.ts';
export * from './services.ts';
