/**
 * Sums and averages of decimals without the errors of floating point: SQLite keeps a decimal as the nearest double, whose
 * shortest digits are what was meant. Runs in the worker thread.
 *
 * @module
 */
import { plainDigits } from './data-values.js';

const safe = 2n ** 53n;
const greatest = 2n ** 63n - 1n;
/** More digits than doubles have after the point where they matter; smaller parts are left out. */
const maxScale = 40;

export class ExactSum {
  #digits = 0n;
  #scale = 0;
  #count = 0n;
  /** What is no finite number makes the sum what floating point makes of it. */
  #odd: number | null = null;

  /** Null does not count; a text counts as the number it begins with, as in the engine's own. */
  add(value: unknown): void {
    if (value === null || value === undefined) return;
    this.#count += 1n;
    if (typeof value === 'bigint') this.#addDigits(value, 0);
    else this.#addNumber(typeof value === 'number' ? value : Number.parseFloat(String(value)) || 0);
  }

  /** `null` when nothing was added. Beyond 64 bits, or with a fraction, the nearest double. */
  sum(): bigint | number | null {
    if (this.#count === 0n) return null;
    if (this.#odd !== null) return this.#odd;
    return rounded(this.#digits, this.#scale);
  }

  /** @param scale  Digits after the point; halves go away from zero. */
  average(scale: number): bigint | number | null {
    if (this.#count === 0n) return null;
    if (this.#odd !== null) return this.#odd;
    const dividend = this.#digits * 10n ** BigInt(scale);
    const divisor = this.#count * 10n ** BigInt(this.#scale);
    const half = dividend < 0n ? -divisor : divisor;
    return rounded((2n * dividend + half) / (2n * divisor), scale);
  }

  #addNumber(value: number): void {
    if (!Number.isFinite(value)) {
      this.#odd = (this.#odd ?? 0) + value;
      return;
    }
    const [whole = '0', fraction = ''] = plainDigits(value).split('.');
    const kept = fraction.slice(0, maxScale);
    this.#addDigits(BigInt(`${whole}${kept}`), kept.length);
  }

  #addDigits(digits: bigint, scale: number): void {
    if (scale > this.#scale) {
      this.#digits *= 10n ** BigInt(scale - this.#scale);
      this.#scale = scale;
    }
    this.#digits += scale === this.#scale ? digits : digits * 10n ** BigInt(this.#scale - scale);
  }
}

function rounded(digits: bigint, scale: number): bigint | number {
  const unit = 10n ** BigInt(scale);
  const whole = digits / unit;
  if (whole * unit === digits) {
    if (whole <= greatest && whole >= -greatest - 1n) return whole;
    return Number(whole);
  }
  if (digits < safe && digits > -safe && scale < 22) return Number(digits) / Number(unit);
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  return Number(`${digits < 0n ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`);
}
