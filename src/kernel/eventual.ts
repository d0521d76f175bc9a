/**
 * What is there at once or comes later. A promise costs a turn of the event loop's queue and some garbage, which is
 * nothing beside a query and much beside a look into memory: only what is asked for with every request says so.
 *
 * @module
 */

export type Eventual<T> = T | Promise<T>;

/** Goes on with it: at once where it is there. */
export function whenThere<T, Next>(value: Eventual<T>, next: (value: T) => Eventual<Next>): Eventual<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
