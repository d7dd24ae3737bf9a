//! Enrolment: a person who was handed a one-time code by somebody else chooses
//! two factors. All or nothing: nobody is active with one.

use std::time::Duration;

use base::{Secret, Text, Timestamp};
use factors::{Code, Password, Token, TotpSecret};
use records::{Actor, Entry, Origin, Subject};
use store::{Store, Work};

use crate::caller::Caller;
use crate::credential::{self, Owner};
use crate::error::IdentityError;
use crate::gate::{FactorKind, Gate, Visitor};
use crate::new_factor::Linked;
use crate::own::is_enough;
use crate::person::{Login, PersonId, PersonState};
use crate::role::Duty;
use crate::roles::REASON_MAX;
use crate::tables::codes::{CodeRow, EnrolmentRow, Purpose};
use crate::tables::factors::FactorRow;
use crate::{actions, bodies, doorstep, people, provider, roles, tables};

/// Longest life of an enrolment code: 24 hours.
pub const CODE_MAX: Duration = Duration::from_secs(86_400);
/// Longest time between opening and finishing an enrolment.
const ENROLMENT_MAX: Duration = Duration::from_secs(30 * 60);
/// Passkeys in one enrolment.
const PASSKEYS_MAX: usize = 4;
/// One step of a one-time password app (RFC 6238).
const TOTP_STEP: Duration = Duration::from_secs(30);

/// An enrolment that the code has opened; it lasts 30 minutes.
#[derive(Debug)]
pub struct Opened {
    /// Goes on with the enrolment; for a cookie or a hidden field.
    pub token: Token,
    /// Who enrols.
    pub login: Login,
    /// Their name.
    pub name: String,
    /// Their body's name.
    pub body: String,
    /// The secret for a one-time password app, if they want one.
    pub totp: TotpOffer,
    /// When the enrolment ends.
    pub until: Timestamp,
}

/// A secret that an app may take over.
#[derive(Clone, Debug)]
pub struct TotpOffer {
    /// To be typed.
    pub base32: Secret<String>,
    /// To be opened on the same device.
    pub uri: Secret<String>,
    /// To be photographed: an SVG element.
    pub picture: Secret<String>,
}

/// The two factors that a person chose. At least one of `password` and
/// `passkey` first, and a second of another kind; or two passkeys.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// A password.
    pub password: Option<Secret<String>>,
    /// The six digits that prove the app took over the secret.
    pub totp: Option<Secret<String>>,
    /// The browser's answers (JSON) to [`passkey_offer`], one a key.
    pub passkeys: Vec<NewPasskey>,
    /// Binds the client certificate that the visitor's connection proves.
    pub certificate: bool,
    /// Links the name at the provider that was found in this enrolment, under
    /// what people call the provider.
    pub provider: Option<Text<LABEL_MAX>>,
}

/// A passkey as the browser made it.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// What the person calls it.
    pub label: Text<LABEL_MAX>,
    /// `RegistrationResponseJSON` of WebAuthn level 3.
    pub answer: String,
}

/// Longest name of a factor, in characters.
pub const LABEL_MAX: usize = 40;

/// Makes a new code for a person who has not enrolled yet; the old one ends.
///
/// # Errors
/// [`IdentityError::PersonState`] if they are active or gone.
pub async fn issue(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
) -> Result<(Code, Timestamp), IdentityError> {
    caller.demand_body(work)?;
    caller.demand_other(person)?;
    let found = people::lock_present(work, person).await?;
    caller.demand_for(Duty::ManagePeople, Some(found.section))?;
    if found.state != PersonState::Invited {
        return Err(IdentityError::PersonState);
    }
    let (code, until) = make_code(work, person, caller.person).await?;
    let entry = caller.entry(actions::CODE_ISSUED, Subject::new("person", person));
    records::append(work, &entry.with("until", until.to_string())).await?;
    Ok((code, until))
}

/// Takes all factors and sessions of an active person away, who enrols anew:
/// after a loss of both, or a theft.
///
/// # Errors
/// [`IdentityError::Oneself`].
pub async fn reissue(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
    reason: &Text<REASON_MAX>,
) -> Result<(Code, Timestamp), IdentityError> {
    caller.demand_body(work)?;
    caller.demand(Duty::AssignRoles)?;
    caller.demand_other(person)?;
    caller.demand_fresh(work.now())?;
    let mut found = people::active(work, person).await?;
    found.state = PersonState::Invited;
    if !tables::people::update(work, &found).await? {
        return Err(IdentityError::Stale);
    }
    let actor = Actor::person(caller.person);
    let sessions = people::shut_out(work, person, &caller.origin, &actor).await?;
    roles::demand_officer(work).await?;
    let (code, until) = make_code(work, person, caller.person).await?;
    let entry = caller
        .entry(actions::PERSON_RESET, Subject::new("person", person))
        .with("reason", reason.to_string())
        .with("sessions", people::count(sessions))
        .with("until", until.to_string());
    records::append(work, &entry).await?;
    Ok((code, until))
}

/// Opens an enrolment with the code. The code stays good until it is finished.
///
/// # Errors
/// [`IdentityError::Code`]; [`IdentityError::Wait`] after too many tries.
pub async fn open(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    code: &str,
) -> Result<Opened, IdentityError> {
    doorstep::charge_code(store, visitor).await?;
    let code = Code::parse(code).map_err(|_| IdentityError::Code)?;
    let mut across = store.across("find whose enrolment a code opens").await?;
    let found = tables::codes::by_hash(&mut across, code.hashed()).await?;
    let Some((body, code)) = found else {
        // Nobody's, so that no body's ledger takes it; the tries are counted.
        tracing::info!("somebody showed an enrolment code that is nobody's");
        return Err(IdentityError::Code);
    };
    let now = across.now();
    if code.purpose != Purpose::Enrol || !code.is_open(now) {
        drop(across);
        let mut work = store.begin(body).await?;
        crate::sign_in::record_refusal(&mut work, visitor, Some(code.person), "enrol", "code")
            .await?;
        work.commit().await?;
        return Err(IdentityError::Code);
    }
    doorstep::clear_code(&mut across, visitor).await?;
    let mut work = across.within(body).await?;
    let secret = TotpSecret::new(work.random());
    let owner = Owner::new(body, code.person);
    let enrolment = EnrolmentRow {
        id: work.new_id(),
        person: code.person,
        code: code.id,
        totp: owner.seal(gate, FactorKind::Totp, secret.reveal(), work.random())?,
        challenge: None,
        until: code.until.min(now.plus(ENROLMENT_MAX)),
    };
    let token = Token::new(work.random());
    tables::codes::insert_enrolment(&mut work, &enrolment, token.hashed()).await?;
    let opened = shown(&mut work, gate, &enrolment, token).await?;
    work.commit().await?;
    Ok(opened)
}

/// Shows an enrolment again, after a form was sent back with an error.
///
/// # Errors
/// [`IdentityError::Code`] when it is over.
pub async fn reopen(store: &Store, gate: &Gate, token: &str) -> Result<Opened, IdentityError> {
    let token = Token::parse(token).map_err(|_| IdentityError::Code)?;
    let (mut work, enrolment) = going_on(store, &token).await?;
    shown(&mut work, gate, &enrolment, token).await
}

/// What the browser needs to make a passkey:
/// `PublicKeyCredentialCreationOptionsJSON` of WebAuthn level 3.
///
/// # Errors
/// [`IdentityError::Code`] when the enrolment is over.
pub async fn passkey_offer(
    store: &Store,
    gate: &Gate,
    token: &str,
) -> Result<String, IdentityError> {
    let token = Token::parse(token).map_err(|_| IdentityError::Code)?;
    let (mut work, enrolment) = going_on(store, &token).await?;
    let person = people::find(&mut work, enrolment.person).await?;
    let kept = enrolment.challenge.and_then(|kept| String::from_utf8(kept).ok());
    // The same for every call, so that a page that was loaded again still fits.
    let challenge = kept.unwrap_or_else(|| credential::challenge(work.random()));
    let options = credential::options_to_make(gate, &person, &challenge, &[])?;
    tables::codes::set_challenge(&mut work, enrolment.id, challenge.as_bytes()).await?;
    work.commit().await?;
    Ok(options)
}

/// The name at the provider that was found in an enrolment and waits to be
/// linked.
///
/// # Errors
/// [`IdentityError::Code`] when the enrolment is over.
pub async fn provider_found(
    store: &Store,
    token: &str,
) -> Result<Option<provider::Offered>, IdentityError> {
    let token = Token::parse(token).map_err(|_| IdentityError::Code)?;
    let (mut work, enrolment) = going_on(store, &token).await?;
    let found = provider::offered_to(&mut work, &enrolment.id.to_string()).await?;
    Ok(found.map(|row| row.offered))
}

/// Finishes the enrolment: the person is active with two factors.
///
/// # Errors
/// Says what does not fit; nothing is kept then, and it can be tried again.
pub async fn finish(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    token: &str,
    chosen: &Chosen,
) -> Result<PersonId, IdentityError> {
    let token = Token::parse(token).map_err(|_| IdentityError::Code)?;
    let (mut work, enrolment) = going_on(store, &token).await?;
    let person = people::find(&mut work, enrolment.person).await?;
    let body = work.body();
    drop(work);
    let password = match &chosen.password {
        Some(typed) => {
            let password = Password::choose(typed.reveal(), person.login.as_str())?;
            let (owner, random) = (Owner::new(body, person.id), store.random().clone());
            Some(credential::seal_password(gate, owner, password, random).await?)
        }
        None => None,
    };
    let (mut work, enrolment) = going_on(store, &token).await?;
    let mut rows = gather(&work, gate, visitor, &enrolment, password, chosen)?;
    if let Some(label) = chosen.provider.clone() {
        let found = provider::offered_to(&mut work, &enrolment.id.to_string()).await?;
        let handle = found.ok_or(IdentityError::WrongProof)?.handle;
        let linked = Linked { handle, label };
        rows.push(FactorRow::provider(&work, enrolment.person, &linked)?);
    }
    if !is_enough(&rows) {
        return Err(IdentityError::FactorsMissing);
    }
    activate(&mut work, visitor, &enrolment, &rows).await?;
    work.commit().await?;
    Ok(enrolment.person)
}

/// Opens and finishes with a password and a one-time password app in one go,
/// for scripts; returns the secret, whose code of this moment is still unused.
///
/// # Errors
/// As [`open`] and [`finish`].
pub async fn at_once(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    code: &str,
    password: &Secret<String>,
) -> Result<(PersonId, TotpSecret), IdentityError> {
    let opened = open(store, gate, visitor, code).await?;
    let (work, enrolment) = going_on(store, &opened.token).await?;
    let owner = Owner::new(work.body(), enrolment.person);
    let secret = owner.open_totp(gate, &enrolment.totp)?;
    // The code of the step before is still taken, and leaves this step's unused.
    let typed = secret.code_at(work.now().minus(TOTP_STEP));
    drop(work);
    let chosen = Chosen {
        password: Some(password.clone()),
        totp: Some(typed),
        passkeys: Vec::new(),
        certificate: false,
        provider: None,
    };
    let token = opened.token.show();
    let person = finish(store, gate, visitor, token.reveal(), &chosen).await?;
    Ok((person, secret))
}

pub(crate) async fn make_code(
    work: &mut Work,
    person: PersonId,
    by: PersonId,
) -> Result<(Code, Timestamp), IdentityError> {
    make_code_as(work, person, Some(by)).await
}

/// Makes an enrolment code; the person's earlier ones end.
pub(crate) async fn make_code_as(
    work: &mut Work,
    person: PersonId,
    by: Option<PersonId>,
) -> Result<(Code, Timestamp), IdentityError> {
    tables::codes::end_all(work, person, Purpose::Enrol).await?;
    tables::codes::forget_enrolments(work, person).await?;
    let code = Code::new(work.random());
    let (made_at, until) = (work.now(), work.now().plus(CODE_MAX));
    let row = CodeRow {
        id: work.new_id(),
        person,
        purpose: Purpose::Enrol,
        permit: None,
        made_at,
        until,
        is_spent: false,
    };
    tables::codes::insert(work, &row, code.hashed(), by).await?;
    Ok((code, until))
}

/// The enrolment of a token, still open, in the work of its body.
async fn going_on(store: &Store, token: &Token) -> Result<(Work, EnrolmentRow), IdentityError> {
    let mut across = store.across("go on with an enrolment").await?;
    let found = tables::codes::enrolment(&mut across, token.hashed()).await?;
    let (body, enrolment) = found.ok_or(IdentityError::Code)?;
    if across.now() >= enrolment.until {
        return Err(IdentityError::Code);
    }
    Ok((across.within(body).await?, enrolment))
}

async fn shown(
    work: &mut Work,
    gate: &Gate,
    enrolment: &EnrolmentRow,
    token: Token,
) -> Result<Opened, IdentityError> {
    let person = people::find(work, enrolment.person).await?;
    let body = bodies::own(work).await?;
    let secret = Owner::new(body.id, person.id).open_totp(gate, &enrolment.totp)?;
    Ok(Opened {
        token,
        totp: TotpOffer::new(gate, &secret, &person.login)?,
        login: person.login,
        name: person.name.to_string(),
        body: body.name.to_string(),
        until: enrolment.until,
    })
}

impl TotpOffer {
    pub(crate) fn new(
        gate: &Gate,
        secret: &TotpSecret,
        login: &Login,
    ) -> Result<Self, IdentityError> {
        let (issuer, account) = (gate.0.settings.issuer.as_str(), login.as_str());
        let picture = secret.picture(issuer, account);
        Ok(Self {
            base32: secret.base32(),
            uri: secret.uri(issuer, account),
            picture: picture.map_err(|_| IdentityError::Unreadable("issuers"))?,
        })
    }
}

/// Proves every factor that was chosen and makes its row.
fn gather(
    work: &Work,
    gate: &Gate,
    visitor: &Visitor,
    enrolment: &EnrolmentRow,
    password: Option<Vec<u8>>,
    chosen: &Chosen,
) -> Result<Vec<FactorRow>, IdentityError> {
    let owner = Owner::new(work.body(), enrolment.person);
    let mut rows = Vec::new();
    if let Some(sealed) = password {
        rows.push(FactorRow::password(work, enrolment.person, sealed)?);
    }
    if let Some(typed) = &chosen.totp {
        let secret = owner.open_totp(gate, &enrolment.totp)?;
        let sealed = enrolment.totp.clone();
        rows.push(FactorRow::totp(work, enrolment.person, &secret, sealed, typed.reveal())?);
    }
    if chosen.passkeys.len() > PASSKEYS_MAX {
        return Err(IdentityError::TooManyFactors);
    }
    for new in &chosen.passkeys {
        let challenge = enrolment.challenge.as_deref().ok_or(IdentityError::WrongProof)?;
        rows.push(FactorRow::passkey(work, gate, enrolment.person, challenge, new)?);
    }
    if chosen.certificate {
        let label = Text::parse(FactorKind::Certificate.name());
        let label = label.map_err(|_| IdentityError::Unreadable("text"))?;
        rows.push(FactorRow::certificate(work, enrolment.person, visitor, &label)?);
    }
    Ok(rows)
}

/// Makes the person active with these factors, and the code spent.
async fn activate(
    work: &mut Work,
    visitor: &Visitor,
    enrolment: &EnrolmentRow,
    rows: &[FactorRow],
) -> Result<(), IdentityError> {
    let mut person = people::lock_present(work, enrolment.person).await?;
    if person.state != PersonState::Invited {
        return Err(IdentityError::PersonState);
    }
    if !tables::codes::spend(work, enrolment.code).await? {
        return Err(IdentityError::Code);
    }
    for row in rows {
        tables::factors::insert(work, row).await?;
    }
    person.state = PersonState::Active;
    if !tables::people::update(work, &person).await? {
        return Err(IdentityError::Stale);
    }
    tables::codes::forget_enrolments(work, person.id).await?;
    let kinds: Vec<&str> = rows.iter().map(|row| row.factor.kind.name()).collect();
    let (actor, subject) = (Actor::person(person.id), Subject::new("person", person.id));
    let origin = Origin::Address(visitor.source);
    let entry = Entry::new(actor, actions::PERSON_ENROLLED, subject, origin);
    records::append(work, &entry.with("factors", kinds.join(", "))).await?;
    Ok(())
}
