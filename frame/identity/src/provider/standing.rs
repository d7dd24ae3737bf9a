//! What is known of the provider between two sign-ins: its description and its
//! keys, for an hour. A key that nobody knows yet is asked for once more; a
//! provider that did not answer is left alone for a moment, so that nobody
//! waits in line for it.

use std::sync::Arc;
use std::time::Duration;

use base::Clock;
use factors::oidc::{Address, Claims, Expected, KeySet, Metadata, TokenFault, verify};
use tokio::sync::{Mutex, Semaphore};

use super::{Ask, Inner, ProviderError};

/// How long a description and keys are good.
const AGE_MAX: Duration = Duration::from_secs(3_600);
/// Keys are asked for again for an unknown one no sooner than this.
const KEYS_PAUSE: Duration = Duration::from_secs(30);
/// How long a provider is left alone after it did not answer.
const AWAY_PAUSE: Duration = Duration::from_secs(5);
const METADATA_BYTES_MAX: usize = 64 * 1_024;
const KEYS_BYTES_MAX: usize = 256 * 1_024;
/// Codes exchanged at the same time.
const EXCHANGES_MAX: usize = 32;

pub(super) struct Standing {
    known: Mutex<Known>,
    pub(super) exchanging: Semaphore,
}

#[derive(Default)]
struct Known {
    metadata: Option<(Duration, Arc<Metadata>)>,
    keys: Option<(Duration, Arc<KeySet>)>,
    away_since: Option<(Duration, String)>,
}

impl Default for Standing {
    fn default() -> Self {
        Self { known: Mutex::default(), exchanging: Semaphore::new(EXCHANGES_MAX) }
    }
}

impl Inner {
    /// The provider's description.
    pub(super) async fn metadata(&self, clock: &dyn Clock) -> Result<Arc<Metadata>, ProviderError> {
        let mut known = self.standing.known.lock().await;
        let now = clock.elapsed();
        if let Some((_, metadata)) =
            known.metadata.as_ref().filter(|(since, _)| now.saturating_sub(*since) < AGE_MAX)
        {
            return Ok(metadata.clone());
        }
        let place = Metadata::address_of(&self.issuer)
            .map_err(|error| ProviderError::Away(error.to_string()))?;
        let body = self.fetch(&mut known, clock, place, METADATA_BYTES_MAX).await?;
        let metadata = Arc::new(Metadata::parse(&body, &self.issuer)?);
        known.metadata = Some((clock.elapsed(), metadata.clone()));
        Ok(metadata)
    }

    /// Checks a token, with new keys if it names one that is not known.
    pub(super) async fn verify(
        &self,
        clock: &dyn Clock,
        token: &str,
        nonce: &str,
    ) -> Result<Claims, ProviderError> {
        let metadata = self.metadata(clock).await?;
        let (issuer, client) = (metadata.issuer.as_str(), self.client.id.as_str());
        let expected = Expected { issuer, client, nonce, now: clock.now() };
        let keys = self.keys(clock, &metadata, AGE_MAX).await?;
        match verify(token, &keys, &expected) {
            Err(TokenFault::Key) => {
                let keys = self.keys(clock, &metadata, KEYS_PAUSE).await?;
                Ok(verify(token, &keys, &expected)?)
            }
            other => Ok(other?),
        }
    }

    async fn keys(
        &self,
        clock: &dyn Clock,
        metadata: &Metadata,
        age_max: Duration,
    ) -> Result<Arc<KeySet>, ProviderError> {
        let mut known = self.standing.known.lock().await;
        let now = clock.elapsed();
        if let Some((_, keys)) =
            known.keys.as_ref().filter(|(since, _)| now.saturating_sub(*since) < age_max)
        {
            return Ok(keys.clone());
        }
        let body = self.fetch(&mut known, clock, metadata.keys.clone(), KEYS_BYTES_MAX).await?;
        let keys = KeySet::parse(&body)
            .ok_or_else(|| ProviderError::Away("its keys cannot be read".to_owned()))?;
        let keys = Arc::new(keys);
        known.keys = Some((clock.elapsed(), keys.clone()));
        Ok(keys)
    }

    async fn fetch(
        &self,
        known: &mut Known,
        clock: &dyn Clock,
        address: Address,
        bytes_max: usize,
    ) -> Result<Vec<u8>, ProviderError> {
        let now = clock.elapsed();
        let recent = known.away_since.as_ref();
        if let Some((_, why)) = recent.filter(|(since, _)| now.saturating_sub(*since) < AWAY_PAUSE)
        {
            return Err(ProviderError::Away(why.clone()));
        }
        let ask = Ask { address, authorization: None, form: None, bytes_max };
        let why = match self.outside.ask(&ask).await {
            Ok(reply) if reply.status == 200 => {
                known.away_since = None;
                return Ok(reply.body);
            }
            Ok(reply) => format!("status {} from {}", reply.status, ask.address.as_str()),
            Err(error) => format!("{error}, {}", ask.address.as_str()),
        };
        known.away_since = Some((clock.elapsed(), why.clone()));
        Err(ProviderError::Away(why))
    }
}
