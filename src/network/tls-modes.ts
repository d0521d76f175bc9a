/**
 * What each `ssl_mode` means here. The names are libpq's; the meanings are ours, because drivers disagree about them
 * and some take "require" for "encrypted to anybody". See docs/decisions, "TLS modes".
 *
 * | mode        | encryption     | certificate is checked against     | name is checked    |
 * |-------------|----------------|------------------------------------|--------------------|
 * | disable     | never          | –                                  | –                  |
 * | allow       | as `prefer`    |                                    |                    |
 * | prefer      | when offered   | the given anchors; without: nothing | no                |
 * | require     | always         | the given anchors, else the system | unless anchors given |
 * | verify-ca   | always         | the given anchors, else the system | unless anchors given |
 * | verify-full | always         | the given anchors, else the system | always             |
 *
 * A public authority signs for anybody, so a chain that ends at the system's anchors proves nothing without the name.
 * Once a server has agreed to TLS there is no way back to plain text in any mode.
 *
 * @module
 */

export type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface TlsPlan {
  readonly use: 'never' | 'if_offered' | 'always';
  readonly isChainChecked: boolean;
  readonly isNameChecked: boolean;
}

/** @param hasAnchors  Whether the caller gave trust anchors of its own. */
export function planTls(mode: TlsMode, hasAnchors: boolean): TlsPlan {
  switch (mode) {
    case 'disable':
      return { use: 'never', isChainChecked: false, isNameChecked: false };
    case 'allow':
    case 'prefer':
      return { use: 'if_offered', isChainChecked: hasAnchors, isNameChecked: false };
    case 'require':
    case 'verify-ca':
      return { use: 'always', isChainChecked: true, isNameChecked: !hasAnchors };
    case 'verify-full':
      return { use: 'always', isChainChecked: true, isNameChecked: true };
  }
}

/** The mode of a target that names none: this machine is trusted to be itself, everything else has to prove it. */
export function assumedTlsMode(isLoopbackTarget: boolean): TlsMode {
  return isLoopbackTarget ? 'prefer' : 'verify-full';
}
