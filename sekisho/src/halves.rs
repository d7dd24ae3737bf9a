//! Who the two halves are to each other: the files of an enrolment, in the data
//! folder of each. Keys never leave their half.

use anyhow::{Context, Result, anyhow, bail};
use base::{Random, Secret, Timestamp};
use factors::Authority;
use factors::authority::{self, Person};
use serde::{Deserialize, Serialize};
use transfer_halves::{Identity, InnerKey, InnerPublic, Pin, tls};

use crate::folder::Folder;

/// The authority that certifies the two halves, and nothing else.
const AUTHORITY: &str = "halves/ca.pem";
const AUTHORITY_KEY: &str = "halves/ca.key";
/// The inner half's own.
const INNER: &str = "halves/inner.pem";
const INNER_KEY: &str = "halves/inner.key";
/// What opens files that the outer half sealed.
const SEAL_KEY: &str = "halves/seal.key";
/// The outer half's certificate, as the inner one made it.
const OUTER: &str = "halves/outer.pem";
/// The outer half's own key, and what it was given.
const OUTER_KEY: &str = "halves/outer.key";
const ENROLMENT: &str = "halves/enrolment.toml";

/// What the inner half needs again after a loss: part of a backup.
pub(crate) const KEPT: [&str; 6] = [AUTHORITY, AUTHORITY_KEY, INNER, INNER_KEY, SEAL_KEY, OUTER];

/// The version of the enrolment's file.
const VERSION: u32 = 1;
/// Bytes of an enrolment's file, at most.
const FILE_BYTES_MAX: usize = 64 * 1024;

/// What the inner half gives the outer one, by a file. Nothing in it is secret.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Enrolment {
    /// The version of this file.
    sekisho_halves: u32,
    /// The authority of both certificates.
    authority: String,
    /// The outer half's certificate.
    certificate: String,
    /// The SHA-256 of the inner half's certificate.
    inner: String,
    /// What files are sealed to.
    seal: String,
}

/// What the outer half was enrolled with.
pub(crate) struct Enrolled {
    pub(crate) tls: std::sync::Arc<rustls::ServerConfig>,
    pub(crate) inner: Pin,
    pub(crate) seal: InnerPublic,
}

/// What the inner half knows of the outer one.
pub(crate) struct Known {
    pub(crate) tls: std::sync::Arc<rustls::ClientConfig>,
    pub(crate) outer: Pin,
    pub(crate) key: InnerKey,
    /// When the first of the two certificates ends.
    pub(crate) ends_at: Timestamp,
}

/// Makes the outer half's key and its request.
pub(crate) fn request(folder: &Folder) -> Result<String> {
    let (request, key) = authority::new_request("Sekisho outer half")?;
    folder.write(OUTER_KEY, key.reveal())?;
    Ok(request)
}

/// Certifies an outer half, and itself toward it; gives back the enrolment's
/// file and the outer half's fingerprint.
pub(crate) fn enrol(
    folder: &Folder,
    request: &[u8],
    now: Timestamp,
    random: &dyn Random,
) -> Result<(String, Pin)> {
    let authority = own_authority(folder, now, random)?;
    let certificate = authority
        .certify_server(&[tls::OUTER_NAME], request, now, random)
        .context("外側の申請ファイルを読めません / cannot read the outer half's request")?;
    let (own_request, own_key) = authority::new_request("Sekisho inner half")?;
    let person = Person { id: "inner-half", name: "Sekisho inner half" };
    let own = authority.issue_client(person, own_request.as_bytes(), now, random)?;
    let key = match read(folder, SEAL_KEY) {
        Ok(line) => InnerKey::parse(&line).context(SEAL_KEY)?,
        Err(_) => {
            let key = InnerKey::new(random);
            folder.write(SEAL_KEY, key.line().reveal())?;
            key
        }
    };
    folder.write(INNER_KEY, own_key.reveal())?;
    folder.write(INNER, &own.pem())?;
    folder.write(OUTER, &certificate.pem())?;
    let enrolment = Enrolment {
        sekisho_halves: VERSION,
        authority: authority.certificate().pem(),
        certificate: certificate.pem(),
        inner: Pin::of(&own.der).to_string(),
        seal: key.public().to_string(),
    };
    Ok((toml::to_string(&enrolment)?, Pin::of(&certificate.der)))
}

/// Takes the enrolment's file on the outer half, and gives back its own
/// fingerprint and the inner half's.
pub(crate) fn accept(folder: &Folder, text: &str) -> Result<(Pin, Pin)> {
    let enrolled = parse(folder, text)?;
    let certificate = enrolment(text)?.certificate;
    folder.write(ENROLMENT, text)?;
    Ok((pin_of(&certificate)?, enrolled.inner))
}

/// What this outer half was enrolled with.
pub(crate) fn enrolled(folder: &Folder) -> Result<Enrolled> {
    let text = read(folder, ENROLMENT).map_err(|_| {
        anyhow!(
            "この受付はまだ登録されていません。sekisho outer request で申請を作り、内側で sekisho outer enrol、ここで sekisho outer accept をしてください / \
             this outer half is not enrolled: make a request with sekisho outer request, enrol it on the inner side with sekisho outer enrol, and take the answer with sekisho outer accept"
        )
    })?;
    parse(folder, &text)
}

/// What this inner half knows of the outer one.
pub(crate) fn known(folder: &Folder) -> Result<Known> {
    let not_enrolled = || {
        anyhow!(
            "[outer] がありますが、外側の受付が登録されていません。sekisho outer enrol で登録してください / \
             there is [outer], but no outer half is enrolled: enrol it with sekisho outer enrol"
        )
    };
    let all = [AUTHORITY, INNER, INNER_KEY, OUTER, SEAL_KEY].map(|name| read(folder, name));
    let [Ok(authority), Ok(own), Ok(own_key), Ok(outer), Ok(seal)] = all else {
        return Err(not_enrolled());
    };
    let identity = Identity::read(&own, &own_key)?;
    let ends = |pem: &str| authority::certificate_ends(pem).ok_or_else(not_enrolled);
    Ok(Known {
        tls: tls::inner(identity, &authority)?,
        outer: pin_of(&outer)?,
        key: InnerKey::parse(&seal).context(SEAL_KEY)?,
        ends_at: ends(&own)?.min(ends(&outer)?),
    })
}

fn own_authority(folder: &Folder, now: Timestamp, random: &dyn Random) -> Result<Authority> {
    if let (Ok(certificate), Ok(key)) = (read(folder, AUTHORITY), read(folder, AUTHORITY_KEY)) {
        return Authority::open(&certificate, &Secret::new(key)).context(AUTHORITY);
    }
    let made = Authority::create("Sekisho halves", &[tls::OUTER_NAME], now, random)?;
    folder.write(AUTHORITY, &made.certificate().pem())?;
    folder.write(AUTHORITY_KEY, made.key_pem().reveal())?;
    Ok(made)
}

fn enrolment(text: &str) -> Result<Enrolment> {
    let wrong = "登録ファイルではありません / this is no file of an enrolment";
    if text.len() > FILE_BYTES_MAX {
        bail!(wrong);
    }
    let enrolment: Enrolment = toml::from_str(text).context(wrong)?;
    if enrolment.sekisho_halves != VERSION {
        bail!(
            "登録ファイルの版が合いません。両側を同じ版の sekisho にしてください / \
             the enrolment is of another version: run the same sekisho on both sides"
        );
    }
    Ok(enrolment)
}

fn parse(folder: &Folder, text: &str) -> Result<Enrolled> {
    let enrolment = enrolment(text)?;
    let key = read(folder, OUTER_KEY)
        .context("先に sekisho outer request をしてください / run sekisho outer request first")?;
    let identity = Identity::read(&enrolment.certificate, &key)?;
    let tls = tls::outer(identity, &enrolment.authority).context(
        "登録ファイルは、別の申請へのものです。最後の申請で登録し直してください / \
         this enrolment is for another request: enrol with the latest one",
    )?;
    let inner = Pin::parse(&enrolment.inner).context("登録ファイルの inner / inner")?;
    let seal = InnerPublic::parse(&enrolment.seal).context("登録ファイルの seal / seal")?;
    Ok(Enrolled { tls, inner, seal })
}

fn pin_of(pem: &str) -> Result<Pin> {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;
    Ok(Pin::of(&CertificateDer::from_pem_slice(pem.as_bytes())?))
}

fn read(folder: &Folder, name: &str) -> Result<String> {
    let path = folder.join(name);
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base::{Clock, SystemClock, SystemRandom};

    use super::*;

    #[test]
    fn an_enrolment_is_two_files_and_no_key_travels() {
        let (outer, inner) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let outer = Folder::make(outer.path()).unwrap();
        let inner = Folder::make(inner.path()).unwrap();
        assert!(enrolled(&outer).is_err() && known(&inner).is_err());
        let now = SystemClock::default().now();
        let asked = request(&outer).unwrap();
        let (answer, pin) = enrol(&inner, asked.as_bytes(), now, &SystemRandom).unwrap();
        assert!(!asked.contains("PRIVATE") && !answer.contains("PRIVATE"));
        let (own, inners) = accept(&outer, &answer).unwrap();
        assert_eq!((own, pin), (pin, known(&inner).unwrap().outer));
        assert_eq!(enrolled(&outer).unwrap().inner, inners);
        let known = known(&inner).unwrap();
        assert_eq!(enrolled(&outer).unwrap().seal.to_string(), known.key.public().to_string());
        // An answer to an earlier request does not fit the key any more.
        request(&outer).unwrap();
        let refused = accept(&outer, &answer).unwrap_err().to_string();
        assert!(refused.contains("another request"), "{refused}");
        assert!(accept(&outer, "sekisho-halves = 1").is_err());
    }
}
