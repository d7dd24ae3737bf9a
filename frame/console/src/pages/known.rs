//! Finds the person behind a cookie or a token in the store.

use std::net::{IpAddr, Ipv4Addr};

use base::Task;
use identity::sessions::{self, Resumed};
use identity::{Caller, bodies};
use permits::{PermitError, Presented};
use records::Origin;
use store::{Store, Work};

use super::means;
use crate::callers::{Approach, Callers, Found, Known};
use crate::failure::Failure;
use crate::state::Shell;

/// The people of the store, and the programs that their permits let in.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreCallers;

impl Callers for StoreCallers {
    fn session<'a>(
        &'a self,
        store: &'a Store,
        token: &'a factors::Token,
        from: &'a Approach,
    ) -> Task<'a, Result<Found, Failure>> {
        Box::pin(async move {
            let shown = token.show();
            // The session's row is looked up by the hash of what the cookie says.
            match sessions::resume(store, shown.reveal(), source(from)).await? {
                Resumed::Live(caller) => {
                    let mut work = store.read(caller.body).await?;
                    Ok(Found::Live(Box::new(known(&mut work, caller).await?)))
                }
                Resumed::Ended(why) => Ok(Found::Ended(why.name())),
                Resumed::Unknown => Ok(Found::Nobody),
            }
        })
    }

    fn program<'a>(
        &'a self,
        shell: &'a Shell,
        bearer: &'a str,
        from: &'a Approach,
    ) -> Task<'a, Result<Option<Known>, Failure>> {
        Box::pin(async move {
            let Some(presented) = Presented::parse(bearer) else { return Ok(None) };
            let permits = means::permits(shell)?;
            let mut work = shell.store.read(presented.body()).await?;
            let origin = from.address.map_or(Origin::Console, Origin::Address);
            match permits.by_token(&mut work, &presented, origin).await {
                Ok((caller, _)) => Ok(Some(known(&mut work, caller).await?)),
                Err(PermitError::NotInForce | PermitError::Identity(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }
}

async fn known(work: &mut Work, caller: Caller) -> Result<Known, Failure> {
    let body_name = bodies::own(work).await?.name.to_string();
    Ok(Known { caller, body_name })
}

fn source(from: &Approach) -> IpAddr {
    from.address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}
