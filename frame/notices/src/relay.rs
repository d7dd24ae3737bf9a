//! Hands mails to the operator's relay by SMTP submission (RFC 6409), over TLS
//! unless the relay is this machine. One connection a mail: there are few.

use std::time::Duration;

use base::{Secret, Task};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Cover, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::compose::Mail;
use crate::error::RelayError;

/// How the connection is covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Begins in the clear and turns to TLS before anything is said (RFC 3207);
    /// a relay that does not offer it gets nothing.
    #[default]
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Wrapped,
    /// None: for a relay on this machine, or where the operator says so.
    None,
}

/// Who we are to the relay.
pub struct Login {
    /// The account.
    pub user: String,
    /// Its password.
    pub password: Secret<String>,
}

/// How the relay is reached.
pub struct RelaySettings {
    /// Its name or address; its certificate names it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is covered.
    pub tls: Tls,
    /// Whose certificates are believed beside the system's, in PEM.
    pub trust: Option<Vec<u8>>,
    /// None where the relay knows us by our address.
    pub login: Option<Login>,
    /// What we call ourselves when we greet it.
    pub hello: String,
}

/// One answer of the relay may take so long.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// Handing over one mail may take so long, all answers together.
const MAIL_MAX: Duration = Duration::from_secs(45);

/// A relay.
pub struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// Carries mails: the relay, or what stands in for it in tests.
pub trait Carrier: Send + Sync + 'static {
    /// Hands one mail over. It is the relay's once this returns.
    ///
    /// # Errors
    /// [`RelayError`]; the mail may have been handed over all the same.
    fn carry<'a>(&'a self, mail: &'a Mail) -> Task<'a, Result<(), RelayError>>;
}

impl Relay {
    /// Prepares a relay; nobody is asked yet.
    ///
    /// # Errors
    /// [`RelayError::Settings`].
    pub fn new(settings: RelaySettings) -> Result<Self, RelayError> {
        let RelaySettings { host, port, tls, trust, login, hello } = settings;
        let parameters = || {
            let mut builder = TlsParameters::builder(host.clone());
            if let Some(trust) = &trust {
                builder = builder.add_root_certificate(Certificate::from_pem(trust)?);
            }
            builder.build()
        };
        let cover = match tls {
            Tls::None => Cover::None,
            Tls::StartTls => Cover::Required(parameters().map_err(RelayError::Settings)?),
            Tls::Wrapped => Cover::Wrapper(parameters().map_err(RelayError::Settings)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host)
            .port(port)
            .tls(cover)
            .timeout(Some(ANSWER_MAX))
            .hello_name(ClientId::Domain(hello));
        if let Some(Login { user, password }) = login {
            builder = builder.credentials(Credentials::new(user, password.reveal().clone()));
        }
        Ok(Self { transport: builder.build() })
    }

    /// Greets the relay, in whose name mails would go, and hands over nothing.
    ///
    /// # Errors
    /// Why it would take none.
    pub async fn look(&self) -> Result<(), RelayError> {
        let look = self.transport.test_connection();
        match tokio::time::timeout(MAIL_MAX, look).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) | Err(_) => Err(RelayError::Late(MAIL_MAX.as_secs())),
            Ok(Err(error)) => Err(RelayError::Refused(error)),
        }
    }
}

impl Carrier for Relay {
    fn carry<'a>(&'a self, mail: &'a Mail) -> Task<'a, Result<(), RelayError>> {
        Box::pin(async move {
            let sending = self.transport.send_raw(&mail.envelope, &mail.bytes);
            match tokio::time::timeout(MAIL_MAX, sending).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(RelayError::Refused(error)),
                Err(_) => Err(RelayError::Late(MAIL_MAX.as_secs())),
            }
        })
    }
}
