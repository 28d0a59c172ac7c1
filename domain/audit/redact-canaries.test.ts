import { describe, expect, it } from 'vitest';
// biome-ignore lint/style/noRestrictedImports: the canaries are planted here and through every entrance of the whole system.
import { asField, CANARIES, type Canary, holds, inText } from '../../test/canaries.ts';
// biome-ignore lint/style/noRestrictedImports: likewise.
import { ORDINARY_PAYLOADS } from '../../test/ordinary-payloads.ts';
import { createRedactor, findSecret } from './redact.ts';

const redact = createRedactor();
const base64 = (text: string) => new TextEncoder().encode(text).toBase64();

/** Every way a canary may come in, and what is left of it. */
const ways: Record<string, (canary: Canary) => string> = {
  'a text': (canary) => redact.text(inText(canary)),
  'amid a text': (canary) => redact.text(`Before: ${inText(canary)} and after.`),
  'a text of several lines': (canary) => redact.text(`first line\n${inText(canary)}\nlast line`),
  'JSON in a text': (canary) => redact.text(JSON.stringify(asField(canary))),
  'JSON that breaks off': (canary) => redact.json(JSON.stringify({ a: 1, ...asField(canary) }).slice(0, -1)),
  'a form': (canary) =>
    redact.text(`a=1&${canary.under ?? 'note'}=${encodeURIComponent(canary.value)}&b=2`.replaceAll('%20', '+')),
  'a text, percent-encoded twice': (canary) => redact.text(encodeURIComponent(encodeURIComponent(inText(canary)))),
  'a text in base64': (canary) => redact.text(`blob=${base64(inText(canary))}.`),
  'a value': (canary) => JSON.stringify(redact.value(inText(canary))),
  'a field': (canary) => JSON.stringify(redact.value(asField(canary))),
  'a field of a field': (canary) => JSON.stringify(redact.value({ a: [{ b: { c: asField(canary) } }] })),
  'an item': (canary) => JSON.stringify(redact.value([1, [inText(canary)]])),
  'a name': (canary) => JSON.stringify(redact.value({ [inText(canary)]: 1 })),
  'an attribute': (canary) =>
    JSON.stringify(redact.value({ key: canary.under ?? 'note', value: { stringValue: canary.value } })),
  'a header': (canary) => JSON.stringify(redact.value({ headers: [[canary.under ?? 'X-Note', canary.value]] })),
  JSON: (canary) => redact.json(JSON.stringify(asField(canary))),
  'JSON in a string of JSON': (canary) =>
    redact.json(JSON.stringify({ body: JSON.stringify({ inner: JSON.stringify(asField(canary)) }) })),
  'a path': (canary) => redact.url(`https://x.example/a/${encodeURIComponent(inText(canary))}/b?page=2`),
  'a query': (canary) => redact.url(`/a?${canary.under ?? 'q'}=${encodeURIComponent(canary.value)}&page=2`),
  'a parameter that stays': (canary) => redact.url(`/a?tab=${encodeURIComponent(inText(canary))}`),
  'a fragment': (canary) => redact.url(`/a#${encodeURIComponent(inText(canary))}`),
};

describe('the sixty canaries', () => {
  it('are sixty, each with a needle of its own that its value holds', () => {
    expect(CANARIES.length).toBe(60);
    expect(new Set(CANARIES.map(({ needle }) => needle)).size).toBe(60);
    expect(new Set(CANARIES.map(({ name }) => name)).size).toBe(60);
    expect(CANARIES.filter((canary) => !holds(canary.value, canary))).toEqual([]);
    // A needle that other canaries or ordinary data held would find what is not there.
    const others = (canary: Canary) => CANARIES.filter((other) => other !== canary && holds(inText(other), canary));
    expect(CANARIES.flatMap(others)).toEqual([]);
    expect(CANARIES.filter((canary) => holds(JSON.stringify(ORDINARY_PAYLOADS), canary))).toEqual([]);
  });

  it.each(Object.entries(ways))('leave nothing as %s', (_, redacted) => {
    const found = CANARIES.filter((canary) => holds(redacted(canary), canary)).map(({ name }) => name);
    expect(found).toEqual([]);
  });

  it('leave nothing together', () => {
    const all = CANARIES.map(inText).join('\n');
    const fields = Object.assign({}, ...CANARIES.map((canary, i) => asField(canary, `note${i}`)));
    const left = [redact.text(all), JSON.stringify(redact.value(fields)), redact.json(JSON.stringify(fields))];
    const found = CANARIES.filter((canary) => left.some((text) => holds(text, canary)));
    console.log(`canaries: planted ${CANARIES.length} in ${Object.keys(ways).length + 3} ways, found ${found.length}`);
    expect(found).toEqual([]);
  });

  it('are refused in texts that are published, but for what is personal only', () => {
    const taken = CANARIES.filter((canary) => findSecret(inText(canary)) === null).map(({ name }) => name);
    expect(taken.length).toBeLessThan(12);
    expect(taken.filter((name) => !/e-mail|IBAN/.test(name))).toEqual([]);
  });
});

describe('two hundred ordinary payloads', () => {
  it('pass unharmed', () => {
    expect(ORDINARY_PAYLOADS.length).toBe(200);
    const changed = ORDINARY_PAYLOADS.filter((payload) => {
      const json = JSON.stringify(payload);
      const once = [redact.value(payload), redact.value({ items: [payload] }).items[0], JSON.parse(redact.json(json))];
      return once.some((copy) => JSON.stringify(copy) !== json);
    });
    const texts = ORDINARY_PAYLOADS.filter((payload) => typeof payload === 'string');
    const changedTexts = texts.filter((text) => redact.text(text) !== text || findSecret(text) !== null);
    console.log(`ordinary payloads: ${ORDINARY_PAYLOADS.length}, changed ${changed.length}`);
    console.log(`ordinary texts: ${texts.length}, changed or refused ${changedTexts.length}`);
    expect(changed).toEqual([]);
    expect(changedTexts).toEqual([]);
  });

  it('pass unharmed as JSON in a string and in a text', () => {
    const changed = ORDINARY_PAYLOADS.map((payload) => JSON.stringify(payload)).filter(
      (json) => redact.value({ body: json }).body !== json || redact.text(`body: ${json}`) !== `body: ${json}`,
    );
    expect(changed).toEqual([]);
  });
});
