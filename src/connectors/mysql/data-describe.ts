/** The columns of a `SELECT` that is not run, by what the server says of an answer that is to have no rows. @module */
import type { Column } from '../../query/index.js';
import { canonicalTypeOf } from './catalog/column-type.js';

/** A column of an answer as the server describes it. */
export interface AnswerColumn {
  readonly name: string;
  readonly columnType: number;
  readonly columnLength: number;
  readonly characterSet: number;
  readonly decimals: number;
  /** Bits; the driver's types think otherwise. */
  readonly flags: number;
}

const unsignedFlag = 0x20;
const enumFlag = 0x100;
const setFlag = 0x800;
const binaryCharset = 63;

/** Numbers of `enum_field_types`, and what their columns are called. */
const numericTypes = new Map([
  [1, 'tinyint'],
  [2, 'smallint'],
  [3, 'int'],
  [8, 'bigint'],
  [9, 'mediumint'],
  [13, 'year'],
  [4, 'float'],
  [5, 'double'],
]);

const momentTypes = new Map([
  [7, 'timestamp'],
  [10, 'date'],
  [11, 'time'],
  [12, 'datetime'],
]);

export function columnOfAnswer(answer: AnswerColumn): Column {
  const { dataType, nativeType, length } = typeOf(answer);
  return {
    name: answer.name,
    type: canonicalTypeOf(dataType, nativeType),
    nativeType,
    length,
    isNullable: true,
    hasDefault: false,
    isComputed: true,
  };
}

function typeOf({ columnType, columnLength, characterSet, decimals, flags }: AnswerColumn): {
  readonly dataType: string;
  readonly nativeType: string;
  readonly length: number | null;
} {
  const unsigned = (flags & unsignedFlag) === 0 ? '' : ' unsigned';
  const plain = (dataType: string, nativeType = dataType) => ({ dataType, nativeType, length: null });
  const numeric = numericTypes.get(columnType);
  if (numeric === 'tinyint') return plain('tinyint', `tinyint(${columnLength})${unsigned}`);
  if (numeric !== undefined) return plain(numeric, `${numeric}${unsigned}`);
  const moment = momentTypes.get(columnType);
  if (moment !== undefined) return plain(moment, isFraction(decimals) ? `${moment}(${decimals})` : moment);
  switch (columnType) {
    case 0:
    case 246: {
      const precision = columnLength - (decimals > 0 ? 1 : 0) - (unsigned === '' ? 1 : 0);
      return plain('decimal', `decimal(${precision},${decimals})${unsigned}`);
    }
    case 16:
      return plain('bit', `bit(${columnLength})`);
    case 245:
      return plain('json');
    case 255:
      return plain('geometry');
    default: {
      if ((flags & enumFlag) !== 0) return plain('enum');
      if ((flags & setFlag) !== 0) return plain('set');
      const isBinary = characterSet === binaryCharset;
      // Texts are told in bytes of utf8mb4.
      const length = isBinary ? columnLength : Math.floor(columnLength / 4);
      return isBinary
        ? { dataType: 'varbinary', nativeType: `varbinary(${length})`, length }
        : { dataType: 'varchar', nativeType: `varchar(${length})`, length };
    }
  }
}

/** 39 stands for no fixed number (`NOT_FIXED_DEC`). */
function isFraction(decimals: number): boolean {
  return decimals > 0 && decimals <= 6;
}
