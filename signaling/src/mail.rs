//! Letters, sent by SMTP (RFC 5321).
//!
//! A letter is text, HTML and a calendar (RFC 6047) as alternatives of each
//! other. Its identifier is always the same, so that a letter that was sent
//! twice after a crash is known as one.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::schedule::Letter;

/// How long the server may take for a letter.
const PATIENCE: Duration = Duration::from_secs(30);

/// How mail is kept from others on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the beginning, usually on port 465.
    Tls,
    /// TLS after a greeting, usually on port 587; nothing is sent without.
    StartTls,
    /// None: for a server on this machine.
    None,
}

/// The SMTP server that letters are handed to. It holds a password, so it has
/// no `Debug`.
#[derive(Clone)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is secured.
    pub security: MailSecurity,
    /// User and password, where it asks for them.
    pub login: Option<(String, String)>,
    /// An authority of the organisation's own, PEM.
    pub authority_pem: Option<String>,
    /// Whom letters come from: *Văn phòng UBND tỉnh <hop@example.vn>*.
    pub from: String,
    /// How links begin: `https://hop.example.vn`.
    pub public_url: String,
}

/// Letters cannot be sent as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum MailSettingsError {
    /// The sender's address.
    #[error("mail: the sender is no address: {0}")]
    Sender(#[from] lettre::address::AddressError),
    /// TLS, or the authority.
    #[error("mail: {0}")]
    Tls(#[from] lettre::transport::smtp::Error),
}

/// Why a letter was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotSent {
    /// It would never be.
    pub(crate) for_good: bool,
    pub(crate) why: String,
}

/// Hands letters to the server.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    pub(crate) fn new(server: &MailServer) -> Result<Self, MailSettingsError> {
        let tls = match server.security {
            MailSecurity::Tls => Tls::Wrapper(tls(server)?),
            MailSecurity::StartTls => Tls::Required(tls(server)?),
            MailSecurity::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = &server.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self {
            transport: builder.build(),
            from: server.from.parse()?,
        })
    }

    /// The sender's address, without the name.
    pub(crate) fn sender(&self) -> &str {
        self.from.email.as_ref()
    }

    /// Sends a letter; when it was written and its number tell it from others.
    pub(crate) async fn send(&self, number: (i64, i64), letter: &Letter) -> Result<(), NotSent> {
        let message = self.message(number, letter).map_err(|why| NotSent {
            for_good: true,
            why,
        })?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(NotSent {
                for_good: error.is_permanent(),
                why: error.to_string(),
            }),
        }
    }

    fn message(&self, (at, id): (i64, i64), letter: &Letter) -> Result<Message, String> {
        let to: Address = letter.to.parse().map_err(|_| "no address".to_owned())?;
        let calendar = format!("text/calendar; charset=utf-8; method={}", letter.method);
        let calendar = ContentType::parse(&calendar).map_err(|error| error.to_string())?;
        let content = MultiPart::alternative()
            .singlepart(SinglePart::plain(letter.text.clone()))
            .singlepart(SinglePart::html(letter.html.clone()))
            .singlepart(
                SinglePart::builder()
                    .header(calendar)
                    .body(letter.calendar.clone()),
            );
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(letter.name.clone()), to))
            .subject(&letter.subject)
            .message_id(Some(format!("<diemcau.{at}.{id}@{domain}>")))
            .multipart(content)
            .map_err(|error| error.to_string())
    }
}

fn tls(server: &MailServer) -> Result<TlsParameters, MailSettingsError> {
    let mut tls = TlsParameters::builder(server.host.clone());
    if let Some(authority) = &server.authority_pem {
        tls = tls.add_root_certificate(Certificate::from_pem(authority.as_bytes())?);
    }
    Ok(tls.build_rustls()?)
}
