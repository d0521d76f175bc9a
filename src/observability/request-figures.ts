/**
 * What is counted of every request. A request that is answered in a few microseconds must not be counted in as many, so
 * it is added up here, in plain numbers, and becomes metrics when somebody asks for them.
 *
 * @module
 */
import { Counter, Histogram, type MetricValueWithName, type Registry } from 'prom-client';
import type { RequestDone } from '../http/index.js';
import { metrics } from './metric-table.js';

type Answered = Pick<RequestDone, 'family' | 'route' | 'status' | 'durationMs' | 'isCut'>;

export interface RequestFigures {
  add(answered: Answered): void;
}

/** Of one declared path. */
interface Figures {
  readonly labels: { readonly family: string; readonly route: string };
  /** By the first digit of the status. */
  readonly byClass: number[];
  /** How many took no longer than each bound and longer than the one before; the last: longer than all. */
  readonly byBound: number[];
  seconds: number;
  answers: number;
  cut: number;
}

const bounds = metrics.requestSeconds.buckets ?? [];

export function createRequestFigures(registry: Registry): RequestFigures {
  const byFamily = new Map<string, Map<string, Figures>>();
  const all = () => [...byFamily.values()].flatMap((routes) => [...routes.values()]);

  const figuresOf = (family: string, route: string): Figures => {
    const routes = byFamily.get(family) ?? new Map<string, Figures>();
    const known = routes.get(route);
    if (known !== undefined) return known;
    const figures = {
      ...{ labels: { family, route }, byClass: Array<number>(10).fill(0) },
      ...{ byBound: Array<number>(bounds.length + 1).fill(0), seconds: 0, answers: 0, cut: 0 },
    };
    byFamily.set(family, routes.set(route, figures));
    return figures;
  };

  const counter = (
    { name, help, labels }: (typeof metrics)['requests' | 'cutAnswers'],
    values: (figures: Figures) => readonly (readonly [Record<string, string>, number])[],
  ) =>
    new Counter({
      ...{ name, help, labelNames: [...labels], registers: [registry] },
      collect() {
        this.reset();
        for (const [told, value] of all().flatMap(values)) if (value > 0) this.inc(told, value);
      },
    });
  counter(metrics.requests, ({ labels, byClass }) =>
    byClass.map((count, digit) => [{ ...labels, status: `${digit}xx` }, count] as const),
  );
  counter(metrics.cutAnswers, ({ labels, cut }) => [[{ ...labels }, cut]]);
  registry.registerMetric(new RequestSeconds(all));

  return {
    add({ family, route, status, durationMs, isCut }) {
      const figures = figuresOf(family, route ?? 'none');
      const seconds = durationMs / 1_000;
      const digit = Math.floor(status / 100);
      figures.byClass[digit] = (figures.byClass[digit] ?? 0) + 1;
      let at = 0;
      while (at < bounds.length && seconds > (bounds[at] ?? 0)) at += 1;
      figures.byBound[at] = (figures.byBound[at] ?? 0) + 1;
      figures.seconds += seconds;
      figures.answers += 1;
      if (isCut) figures.cut += 1;
    },
  };
}

/** The library's own adds a value at a time, and cannot be told of many. */
class RequestSeconds extends Histogram {
  readonly #all: () => readonly Figures[];

  constructor(all: () => readonly Figures[]) {
    const { name, help, labels } = metrics.requestSeconds;
    super({ name, help, labelNames: [...labels], buckets: [...bounds], registers: [] });
    this.#all = all;
  }

  /** What the registry asks, and what `get` comes from. */
  async getForPromString() {
    const { name, help, type } = metrics.requestSeconds;
    return { name, help, type, aggregator: 'sum', values: this.#all().flatMap((figures) => linesOf(name, figures)) };
  }
}

/** As the text format has them: each bound counts what lies below it, too. */
function linesOf(name: string, { labels, byBound, seconds, answers }: Figures): MetricValueWithName<string>[] {
  let below = 0;
  const buckets = byBound.map((count, at) => {
    below += count;
    return { metricName: `${name}_bucket`, labels: { le: bounds[at] ?? '+Inf', ...labels }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: answers },
  ];
}
