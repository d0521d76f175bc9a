/** What the verbs of the registry need. @module */
import type { Clock } from '../../kernel/clock.js';
import type { Ids } from '../../kernel/ids.js';
import type { Connector, CredentialFinder, NoticePoster, SourceStore } from '../ports.js';
import type { ParsedTarget, RawTarget } from '../use-cases.js';

export interface RegistryDeps {
  readonly store: SourceStore;
  readonly connectors: readonly Pick<Connector, 'engine' | 'wellKnownPorts' | 'isFileEngine'>[];
  /** The same shape and the same closed lists as for a target that is only tested. */
  readonly parseTarget: (raw: RawTarget) => ParsedTarget;
  readonly credentials: Pick<CredentialFinder, 'isAllowed'>;
  readonly poster: Pick<NoticePoster, 'isUrl'>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told after a source was changed or removed. */
  readonly onChange?: (sourceId: string) => void;
}
