//! What somebody changes about an account: password and second factor.

use diemcau_protocol::ErrorCode;
use serde_json::{Value as Json, json};

use super::accounts::{self, Account};
use super::secret::Secret;
use super::sessions;
use super::sign_in::Arrival;
use super::{
    Administration, CODE_WRONG, Identity, IdentityError, LINK_TTL, NO_ACCOUNT, Password, WRONG,
    second_factor,
};
use crate::administration::{Act, Work};
use crate::database::Value;
use crate::organisation::{Organisation, Refusal};
use crate::redacted::Redacted;

const NO_PASSWORD: Refusal = Refusal::new(
    ErrorCode::Forbidden,
    "the account has no password here; its provider lets it in",
);
const LINK_INVALID: Refusal = Refusal::new(
    ErrorCode::LinkInvalid,
    "the link was used, has expired, or was never one",
);
const THERE: Refusal = Refusal::new(
    ErrorCode::AlreadyExists,
    "there is a second factor already; remove it first",
);

/// A second factor that is to be confirmed.
pub(crate) struct Enrolled {
    pub(crate) base32: String,
    pub(crate) uri: String,
}

fn act(account: &Account, action: &'static str, at: i64) -> Act {
    Act {
        actor: account.actor(),
        action,
        at,
        once: None,
    }
}

impl Identity {
    /// Makes a link at which a password is chosen, once, in place of those
    /// before it; gives back its secret and its end.
    pub(crate) async fn make_link(
        &self,
        work: &mut Work<'_>,
        account: &Account,
        now: i64,
    ) -> Result<(Secret, i64), IdentityError> {
        forget_links(work, account, now).await?;
        let secret = Secret::new("");
        let expires_at = now + LINK_TTL;
        let sql = "INSERT INTO password_links (hash, account, expires_at) VALUES ($1, $2, $3)";
        let values = [
            Value::Bytes(&secret.hash()),
            Value::Text(&account.id),
            Value::Int(expires_at),
        ];
        work.execute(sql, &values).await?;
        Ok((secret, expires_at))
    }

    /// Sets the password of the account of a link, which is used up, and ends
    /// every session of it.
    pub(crate) async fn set_by_link(
        &self,
        administration: &Administration,
        now: i64,
        link: &str,
        password: &str,
    ) -> Result<(), IdentityError> {
        let hash = Secret::shown(link).hash();
        let mut work = administration.glance().await?;
        let found = of_link(&mut work, &hash, now).await;
        let (account, names) = work.end(found).await?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let password = Password::new(password, &names)?;
        let hashed = Redacted::new(self.hasher.hash(password).await?);

        let mut work = administration.work().await?;
        let set = async {
            // Somebody else may have used it meanwhile.
            let (account_now, _) = of_link(&mut work, &hash, now).await?;
            if account_now.id != account.id {
                return Err(LINK_INVALID.into());
            }
            let act = act(&account_now, "account.password.link", now);
            set_password(&mut work, &act, account_now, hashed, None).await
        }
        .await;
        work.end(set).await
    }

    /// Changes a password, and ends every other session.
    pub(crate) async fn change_password(
        &self,
        administration: &Administration,
        now: i64,
        arrival: &Arrival,
        (account, session): (&Account, &str),
        (current, password): (&str, &str),
    ) -> Result<(), IdentityError> {
        self.confirm_password(now, arrival, account, current)
            .await?;
        let organisation = administration.organisation().await?;
        let names = names(&organisation, account);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let password = Password::new(password, &names)?;
        let hashed = Redacted::new(self.hasher.hash(password).await?);
        let mut work = administration.work().await?;
        let set = async {
            let now_there = again(&mut work, account).await?;
            let act = act(account, "account.password.change", now);
            set_password(&mut work, &act, now_there, hashed, Some(session)).await
        }
        .await;
        work.end(set).await
    }

    /// Begins to set up a second factor; a code confirms it.
    pub(crate) async fn enrol(
        &self,
        administration: &Administration,
        account: &Account,
    ) -> Result<Enrolled, IdentityError> {
        let secret = second_factor::new_secret();
        let sealed = self.seal.close(&account.id, secret.expose());
        let sealed = sealed.ok_or(IdentityError::Fault)?;
        let enrolment = second_factor::enrolment(&secret, account.login.as_str());
        let enrolment = enrolment.ok_or(IdentityError::Fault)?;
        let mut work = administration.work().await?;
        let stored = async {
            let mut account = again(&mut work, account).await?;
            match (&account.password, &account.totp) {
                (None, _) => return Err(NO_PASSWORD.into()),
                (Some(_), Some(_)) => return Err(THERE.into()),
                (Some(_), None) => {}
            }
            account.totp_new = Some(sealed);
            accounts::write(&mut work, &account).await?;
            Ok::<_, IdentityError>(())
        }
        .await;
        work.end(stored).await?;
        Ok(Enrolled {
            base32: enrolment.base32,
            uri: enrolment.uri,
        })
    }

    /// Confirms a second factor with its first code; gives back the recovery
    /// codes.
    pub(crate) async fn confirm(
        &self,
        administration: &Administration,
        now: i64,
        arrival: &Arrival,
        account: &Account,
        code: &str,
    ) -> Result<Vec<String>, IdentityError> {
        let attempt = arrival.attempt(account.login.as_str());
        self.attempt(now, &attempt)?;
        let mut work = administration.work().await?;
        let confirmed = async {
            let mut account = again(&mut work, account).await?;
            let sealed = account.totp_new.take().ok_or(CODE_WRONG)?;
            let secret = self.seal.open(&account.id, &sealed);
            let secret = secret.ok_or(IdentityError::Fault)?;
            let step = second_factor::check(&secret, code, now, 0).ok_or(CODE_WRONG)?;
            let before = account.audited();
            account.totp = Some(sealed);
            account.totp_step = step;
            account.version += 1;
            accounts::write(&mut work, &account).await?;
            let codes = second_factor::new_recovery_codes();
            let hashes: Vec<[u8; 32]> = codes
                .iter()
                .filter_map(|code| second_factor::recovery_hash(code))
                .collect();
            accounts::set_recovery_codes(&mut work, &account.id, &hashes).await?;
            let act = act(&account, "account.second_factor.add", now);
            work.note(&act, ("account", &account.id), before, account.audited())
                .await?;
            Ok::<_, IdentityError>(codes)
        }
        .await;
        let codes = work.end(confirmed).await?;
        self.succeeded(&attempt);
        Ok(codes)
    }

    /// Removes the second factor, with the password.
    pub(crate) async fn remove_second_factor(
        &self,
        administration: &Administration,
        now: i64,
        arrival: &Arrival,
        account: &Account,
        password: &str,
    ) -> Result<(), IdentityError> {
        self.confirm_password(now, arrival, account, password)
            .await?;
        let mut work = administration.work().await?;
        let removed = async {
            let account = again(&mut work, account).await?;
            let act = act(&account, "account.second_factor.remove", now);
            drop_second_factor(&mut work, &act, account).await
        }
        .await;
        work.end(removed).await
    }

    async fn confirm_password(
        &self,
        now: i64,
        arrival: &Arrival,
        account: &Account,
        password: &str,
    ) -> Result<(), IdentityError> {
        let hash = account.password.as_ref().ok_or(NO_PASSWORD)?;
        let attempt = arrival.attempt(account.login.as_str());
        self.attempt(now, &attempt)?;
        let password = Password::said(password);
        if !self.hasher.verify(password, Some(hash.expose())).await {
            return Err(WRONG.into());
        }
        self.succeeded(&attempt);
        Ok(())
    }
}

/// Takes the second factor and its recovery codes from an account.
pub(crate) async fn drop_second_factor(
    work: &mut Work<'_>,
    act: &Act,
    mut account: Account,
) -> Result<(), IdentityError> {
    let before = account.audited();
    account.totp = None;
    account.totp_new = None;
    account.version += 1;
    accounts::write(work, &account).await?;
    accounts::set_recovery_codes(work, &account.id, &[]).await?;
    let after = account.audited();
    work.note(act, ("account", &account.id), before, after)
        .await?;
    Ok(())
}

async fn set_password(
    work: &mut Work<'_>,
    act: &Act,
    mut account: Account,
    hashed: Redacted<String>,
    kept: Option<&str>,
) -> Result<(), IdentityError> {
    account.password = Some(hashed);
    account.version += 1;
    accounts::write(work, &account).await?;
    forget_links(work, &account, act.at).await?;
    let ended = sessions::end_others(work, &account.id, kept).await?;
    let done = json!({ "sessions_ended": ended });
    work.note(act, ("account", &account.id), Json::Null, done)
        .await?;
    Ok(())
}

/// The account as it is now, unless it was changed since it was looked at.
async fn again(work: &mut Work<'_>, seen: &Account) -> Result<Account, IdentityError> {
    let account = accounts::by_id(work, &seen.id).await?.ok_or(NO_ACCOUNT)?;
    if account.version == seen.version {
        return Ok(account);
    }
    Err(Refusal::new(ErrorCode::Outdated, "the account was changed meanwhile").into())
}

/// What everybody knows of an account: its name, and the person's.
fn names(organisation: &Organisation, account: &Account) -> Vec<String> {
    let person = organisation.people.get(&account.person);
    let person = person.map(|person| person.name().to_owned());
    [account.login.as_str().to_owned()]
        .into_iter()
        .chain(person)
        .collect()
}

async fn of_link(
    work: &mut Work<'_>,
    hash: &[u8; 32],
    now: i64,
) -> Result<(Account, Vec<String>), IdentityError> {
    let sql = "SELECT account FROM password_links WHERE hash = $1 AND expires_at > $2";
    let row = work
        .fetch_one(sql, &[Value::Bytes(hash), Value::Int(now)])
        .await?;
    let id: String = row
        .ok_or(LINK_INVALID)?
        .get("account")
        .map_err(crate::store::StoreError::from)?;
    let account = accounts::by_id(work, &id).await?.ok_or(LINK_INVALID)?;
    if account.person(work.organisation()).is_none() {
        return Err(LINK_INVALID.into());
    }
    let names = names(work.organisation(), &account);
    Ok((account, names))
}

async fn forget_links(
    work: &mut Work<'_>,
    account: &Account,
    now: i64,
) -> Result<(), IdentityError> {
    let sql = "DELETE FROM password_links WHERE account = $1 OR expires_at <= $2";
    work.execute(sql, &[Value::Text(&account.id), Value::Int(now)])
        .await?;
    Ok(())
}
