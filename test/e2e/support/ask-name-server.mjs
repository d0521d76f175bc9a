// Loaded into the program before anything else: its name server is the one of the test.

import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';

const address = process.env.TEST_NAME_SERVER;
if (address !== undefined) {
  const { Resolver } = dns;
  dns.Resolver = class extends Resolver {
    constructor(options) {
      super(options);
      this.setServers([address]);
    }
  };
  syncBuiltinESMExports();
}
