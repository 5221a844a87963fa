//! From name, password and code to a session.

use std::net::IpAddr;

use diemcau_protocol::{ErrorCode, SignIn, SignInMethod};
use serde_json::{Value as Json, json};

use super::accounts::{self, Account, Login};
use super::secret::Secret;
use super::sessions::{self, Session};
use super::throttle::Attempt;
use super::{Administration, CODE_WRONG, Identity, IdentityError, Password, WRONG, second_factor};
use crate::administration::{Act, Work};
use crate::organisation::Refusal;

const CODE_NEEDED: Refusal = Refusal::new(
    ErrorCode::CodeNeeded,
    "the code of the authenticator is needed, too",
);

/// Where somebody who signs in comes from.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) address: IpAddr,
    /// What the browser says that it is.
    pub(crate) browser: String,
    /// Whose account was opened in this browser before, and the browser.
    pub(crate) known: Option<(String, String)>,
}

impl Arrival {
    pub(super) fn attempt(&self, login: &str) -> Attempt {
        let known = self.known.as_ref().filter(|(whose, _)| whose == login);
        Attempt {
            login: login.to_owned(),
            address: self.address,
            device: known.map(|(_, device)| device.clone()),
        }
    }
}

/// Somebody who is in.
pub(crate) struct SignedIn {
    pub(crate) account: Account,
    pub(crate) session: Session,
    /// What the browser shows from now on.
    pub(crate) secret: Secret,
}

/// A code that is right.
enum Factor {
    None,
    Step(i64),
    Recovery([u8; 32]),
}

impl Identity {
    /// Opens a session. Whether there is no such account, or the password is
    /// wrong, looks the same and takes the same time.
    pub(crate) async fn sign_in(
        &self,
        administration: &Administration,
        now: i64,
        arrival: &Arrival,
        said: &SignIn,
    ) -> Result<SignedIn, IdentityError> {
        let login = Login::parse(&said.login);
        let typed = said.login.trim().to_ascii_lowercase();
        let attempt = arrival.attempt(login.as_ref().map_or(&typed, Login::as_str));
        self.attempt(now, &attempt)?;
        let account = match &login {
            Ok(login) => find(administration, login).await?,
            Err(_) => None,
        };
        let hash = account
            .as_ref()
            .and_then(|account| account.password.clone());
        let password = Password::said(&said.password);
        let hash = hash.as_ref().map(|hash| hash.expose().as_str());
        let right = self.hasher.verify(password, hash).await;
        let Some(account) = account.filter(|_| right) else {
            return Err(WRONG.into());
        };
        let factor = self.factor(&account, said.code.as_deref(), now)?;
        let signed_in = self
            .open(
                administration,
                now,
                arrival,
                &account,
                factor,
                SignInMethod::Password,
            )
            .await?;
        self.succeeded(&attempt);
        Ok(signed_in)
    }

    /// Whether the code goes with the account.
    fn factor(
        &self,
        account: &Account,
        code: Option<&str>,
        now: i64,
    ) -> Result<Factor, IdentityError> {
        let Some(sealed) = &account.totp else {
            return Ok(Factor::None);
        };
        let code = code.map(str::trim).filter(|code| !code.is_empty());
        let code = code.ok_or(CODE_NEEDED)?;
        if let Some(hash) = second_factor::recovery_hash(code) {
            return Ok(Factor::Recovery(hash));
        }
        let secret = self.seal.open(&account.id, sealed);
        let secret = secret.ok_or(IdentityError::Fault)?;
        let step = second_factor::check(&secret, code, now, account.totp_step);
        Ok(Factor::Step(step.ok_or(CODE_WRONG)?))
    }

    async fn open(
        &self,
        administration: &Administration,
        now: i64,
        arrival: &Arrival,
        seen: &Account,
        factor: Factor,
        method: SignInMethod,
    ) -> Result<SignedIn, IdentityError> {
        let mut work = administration.work().await?;
        let opened = async {
            // It may have been changed while the password was looked at.
            let mut account = accounts::by_id(&mut work, &seen.id).await?.ok_or(WRONG)?;
            if account.version != seen.version || account.person(work.organisation()).is_none() {
                return Err(WRONG.into());
            }
            match factor {
                Factor::None => {}
                Factor::Step(step) => {
                    if step <= account.totp_step {
                        return Err(CODE_WRONG.into());
                    }
                    account.totp_step = step;
                    accounts::write(&mut work, &account).await?;
                }
                Factor::Recovery(hash) => {
                    if !accounts::use_recovery_code(&mut work, &account.id, &hash).await? {
                        return Err(CODE_WRONG.into());
                    }
                }
            }
            begin(&mut work, now, arrival, account, method).await
        }
        .await;
        work.end(opened).await
    }
}

/// The account of a name, as long as it may be used.
async fn find(
    administration: &Administration,
    login: &Login,
) -> Result<Option<Account>, IdentityError> {
    let mut work = administration.glance().await?;
    let found = accounts::by_login(&mut work, login).await;
    let organisation = std::sync::Arc::clone(work.organisation());
    let account = work.end(found).await?;
    Ok(account.filter(|account| account.person(&organisation).is_some()))
}

/// Begins a session of somebody who has shown who they are.
pub(super) async fn begin(
    work: &mut Work<'_>,
    now: i64,
    arrival: &Arrival,
    account: Account,
    method: SignInMethod,
) -> Result<SignedIn, IdentityError> {
    let secret = Secret::new("");
    let address = arrival.address.to_canonical().to_string();
    let session = Session::new(&account, method, now, address, &arrival.browser);
    sessions::begin(work, &session, &secret).await?;
    let act = Act {
        actor: account.actor(),
        action: "session.begin",
        at: now,
        once: None,
    };
    let begun = json!({ "account": account.id, "method": method });
    work.note(&act, ("session", &session.id), Json::Null, begun)
        .await?;
    Ok(SignedIn {
        account,
        session,
        secret,
    })
}
