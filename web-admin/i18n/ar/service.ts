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
  outcome: { success: 'تم', denied: 'رُفض', failure: 'فشل' },
  draft: 'مسودة',
  published: 'منشور',
  status: 'الحالة',
  code: 'الرمز',
  locale: 'اللغة',
  revision: 'المراجعة',
  note: 'ملاحظة',
  updated: 'آخر تغيير',
  added: 'تاريخ الإضافة',
  publish: 'نشر',
  unsaved: 'أتريد المغادرة دون حفظ؟',
  unsavedHint: 'ما غيّرته هنا لم يُحفظ بعد.',
  leave: 'المغادرة دون حفظ',
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
