import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bidiClassOf, canonicalUsername } from './username.js';

describe('a user name', () => {
  it.each([
    ['john.doe', 'john.doe'],
    ['John.Doe', 'john.doe'],
    ['JOHN@EXAMPLE.COM', 'john@example.com'],
    ['ｊｏｈｎ', 'john'],
    ['ＪＯＨＮ', 'john'],
    ['Ångström', 'ångström'],
    ['A\u030Angstro\u0308m', 'ångström'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['straße', 'straße'],
    ['ｶﾞ', 'ガ'],
    ['東京', '東京'],
    ['משה', 'משה'],
    ['علي٣', 'علي٣'],
    ['col·lecció', 'col·lecció'],
    ['kaf\u05F3', null],
    ['ק\u05F3', 'ק\u05F3'],
  ])('%s has the canonical form %s', (given, canonical) => {
    expect(canonicalUsername(given)).toBe(canonical);
  });

  it.each([
    ['empty', ''],
    ['with a space', 'john doe'],
    ['with a trailing space', 'john '],
    ['with a no-break space', 'john\u00A0doe'],
    ['with a NUL', 'john\0'],
    ['with a line feed', 'john\n'],
    ['with a colon, which ends the name in Token headers', 'john:doe'],
    ['with a fullwidth colon', 'john：doe'],
    ['with a zero-width space', 'jo\u200Bhn'],
    ['with a zero-width joiner', 'jo\u200Dhn'],
    ['with a zero-width non-joiner', 'jo\u200Chn'],
    ['with a soft hyphen', 'jo\u00ADhn'],
    ['with a right-to-left override', 'jo\u202Ehn'],
    ['with a byte order mark', '\uFEFFjohn'],
    ['with a variation selector', 'john\uFE0F'],
    ['with a combining grapheme joiner', 'jo\u034Fhn'],
    ['with a lone surrogate', 'john\uD800'],
    ['with a noncharacter', 'john\uFFFE'],
    ['with an unassigned code point', 'john\u0378'],
    ['with a ligature', 'ﬁona'],
    ['with a superscript', 'john²'],
    ['with a mathematical letter', '𝐣ohn'],
    ['with a Kelvin sign', '\u212Aelvin'],
    ['with an Angstrom sign', '\u212Bngstrom'],
    ['with a Roman numeral', 'johnⅣ'],
    ['with a circled letter', 'ⓙohn'],
    ['with an old Hangul jamo', '\u1100john'],
    ['with a tatweel', 'عل\u0640ي'],
    ['with an emoji', 'john😀'],
    ['with two kinds of Arabic digits', 'علي٣۳'],
    ['with letters of both directions', 'johnمحمد'],
    ['of a right-to-left letter after a digit', '1משה'],
    ['that is too long', 'a'.repeat(256)],
    ['that is too long in bytes', 'é'.repeat(128)],
    ['with a Hebrew geresh after a Latin letter', 'a\u05F3'],
    ['with a middle dot outside Catalan', 'a·b'],
    ['with a Katakana dot outside Japanese', 'a・b'],
    ['with a Greek numeral sign outside Greek', '͵a'],
  ])('%s is none', (_, given) => {
    expect(canonicalUsername(given)).toBeNull();
  });

  it('may be as long as 255 bytes', () => {
    expect(canonicalUsername('a'.repeat(255))).toBe('a'.repeat(255));
    expect(canonicalUsername('é'.repeat(127))).toBe('é'.repeat(127));
  });

  it('that looks like another is another: Cyrillic and Greek letters keep their own form', () => {
    const latin = canonicalUsername('admin');
    for (const confusable of ['аdmin', 'αdmin', 'admіn', 'ɑdmin', 'admın']) {
      expect(canonicalUsername(confusable)).not.toBe(latin);
    }
  });

  it('keeps its canonical form when it is made canonical again, and no two forms differ by NFKC only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
        const canonical = canonicalUsername(text);
        if (canonical === null) return;
        expect(canonicalUsername(canonical)).toBe(canonical);
        expect(canonical.normalize('NFKC')).toBe(canonical);
        expect(canonical.toLowerCase()).toBe(canonical);
        expect(canonical).not.toMatch(/[\s:\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
      { numRuns: 5000 },
    );
  });

  it('answers for every code point of Unicode, and never with one that NFKC changes', () => {
    let accepted = 0;
    for (let point = 0; point <= 0x10ffff; point += 1) {
      const canonical = canonicalUsername(String.fromCodePoint(point));
      if (canonical === null) continue;
      accepted += 1;
      if (canonical.normalize('NFKC') !== canonical) expect.fail(`U+${point.toString(16)}`);
    }
    // Unicode 14 has 144,865 of them; newer tables of newer Node versions only add.
    expect(accepted).toBeGreaterThan(140_000);
  });

  it('has the bidirectional classes that the Bidi Rule needs', () => {
    const classes = [...'aא٣۳9\u0301+عߊ'].map(bidiClassOf);
    expect(classes).toEqual(['L', 'R', 'AN', 'EN', 'EN', 'NSM', 'O', 'R', 'R']);
  });
});
