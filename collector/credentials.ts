/** TLS of the gRPC port. The library's own ways read a certificate once; its certificate providers may hand on another. */
import { experimental, ServerCredentials } from '@grpc/grpc-js'
import type { Runtime } from '#server/runtime'
import type { CertificateKeeper } from '#server/tls/keeper'
import type { Pair } from '#server/tls/pair'

/** What the port is opened with: clear text, or TLS whose certificate changes while streams go on. */
export function createCredentials({ config, tls }: Pick<Runtime, 'config' | 'tls'>): ServerCredentials {
  if (!tls || !config.tls?.grpc) return ServerCredentials.createInsecure()
  const provider = new KeptCertificates(tls)
  const mustShow = config.tls.caFile !== null
  return experimental.createCertificateProviderServerCredentials(
    provider,
    mustShow ? provider : null,
    mustShow,
  )
}

type Authorities = Parameters<experimental.CertificateProvider['addCaCertificateListener']>[0]
type Identity = Parameters<experimental.CertificateProvider['addIdentityCertificateListener']>[0]

/** Hands on pairs that the keeper has checked; a broken one never comes here. */
class KeptCertificates implements experimental.CertificateProvider {
  readonly #keeper: CertificateKeeper
  readonly #ends = new Map<Authorities | Identity, () => void>()

  constructor(keeper: CertificateKeeper) {
    this.#keeper = keeper
  }

  addCaCertificateListener(listener: Authorities): void {
    this.#follow(listener, ({ authorities }) =>
      listener(authorities === null ? null : { caCertificate: Buffer.from(authorities) }),
    )
  }

  removeCaCertificateListener(listener: Authorities): void {
    this.#unfollow(listener)
  }

  addIdentityCertificateListener(listener: Identity): void {
    this.#follow(listener, ({ certificate, key }) =>
      listener({ certificate: Buffer.from(certificate), privateKey: Buffer.from(key) }),
    )
  }

  removeIdentityCertificateListener(listener: Identity): void {
    this.#unfollow(listener)
  }

  #follow(listener: Authorities | Identity, tell: (pair: Pair) => void): void {
    this.#ends.set(listener, this.#keeper.onChange(tell))
    // The library expects the first one after this call has returned.
    queueMicrotask(() => {
      if (this.#ends.has(listener)) tell(this.#keeper.pair)
    })
  }

  #unfollow(listener: Authorities | Identity): void {
    this.#ends.get(listener)?.()
    this.#ends.delete(listener)
  }
}
