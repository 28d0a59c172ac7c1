import analytics from './service/analytics.ts';
import audit from './service/audit.ts';
import config from './service/config.ts';
import consents from './service/consents.ts';
import countries from './service/countries.ts';
import documents from './service/documents.ts';
import features from './service/features.ts';
import locales from './service/locales.ts';
import testers from './service/testers.ts';

/** What the tabs of a service say. */
export default {
  outcome: { success: 'Done', denied: 'Denied', failure: 'Failed' },
  draft: 'Draft',
  published: 'Published',
  status: 'Status',
  code: 'Code',
  locale: 'Locale',
  revision: 'Revision',
  note: 'Note',
  updated: 'Changed',
  added: 'Added',
  publish: 'Publish',
  unsaved: 'Leave without saving?',
  unsavedHint: 'What you changed here is not saved yet.',
  leave: 'Leave without saving',
  analytics,
  audit,
  config,
  consents,
  countries,
  documents,
  features,
  locales,
  testers,
};
