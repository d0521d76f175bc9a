import { expect, it } from 'vitest';
import { changeOf } from './claims';

const before = { region: 'EU', level: '3' };
const line = (name: string, value: string, id = 0) => ({ id, name, value });

it('says nothing when the lines say what was there', () => {
  expect(changeOf(before, [line('level', '3'), line(' region ', 'EU'), line('', 'left over')])).toBeNull();
});

it('sets what is new or different and removes what has no line', () => {
  const change = changeOf(before, [line('region', 'US'), line('team', 'blue')]);
  expect(change).toEqual({ setClaims: { region: 'US', team: 'blue' }, removeClaims: ['level'] });
});

it('renames by removing one and setting another', () => {
  const change = changeOf({ region: 'EU' }, [line('area', 'EU')]);
  expect(change).toEqual({ setClaims: { area: 'EU' }, removeClaims: ['region'] });
});
