//! Sessions and tokens of programs in the database: what opens an account
//! without its password.

use diemcau_protocol as wire;
use diemcau_protocol::{SessionView, SignInMethod, TokenScope};

use super::accounts::{self, Account, read_word, word};
use super::secret::Secret;
use crate::administration::Work;
use crate::database::{Row, Value};
use crate::organisation::{Refusal, UnitId};
use crate::store::StoreError;

/// A session that nothing comes from ends, in milliseconds.
const IDLE: i64 = 8 * 60 * 60 * 1_000;

/// Every session ends after this time, in milliseconds.
pub(super) const LONGEST: i64 = 7 * 24 * 60 * 60 * 1_000;

/// When something was used last is kept to the minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// The most of what a browser says that it is, in characters.
const BROWSER_LENGTH: usize = 200;

/// A browser in which somebody is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) method: SignInMethod,
    created_at: i64,
    seen_at: i64,
    expires_at: i64,
    address: String,
    browser: String,
}

impl Session {
    pub(super) fn new(
        account: &Account,
        method: SignInMethod,
        now: i64,
        address: String,
        browser: &str,
    ) -> Self {
        Self {
            id: crate::ids::entry(),
            account: account.id.clone(),
            method,
            created_at: now,
            seen_at: now,
            expires_at: now + LONGEST,
            address,
            browser: browser.chars().take(BROWSER_LENGTH).collect(),
        }
    }

    fn is_over(&self, now: i64) -> bool {
        now >= self.expires_at || now >= self.seen_at + IDLE
    }

    pub(crate) fn view(&self, current: &str) -> SessionView {
        SessionView {
            id: self.id.clone(),
            created_at: self.created_at,
            seen_at: self.seen_at,
            expires_at: self.expires_at,
            address: self.address.clone(),
            browser: self.browser.clone(),
            current: self.id == current,
        }
    }
}

fn read(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.get("id")?,
        account: row.get("account")?,
        method: read_word(&row.get::<String>("method")?)?,
        created_at: row.get("created_at")?,
        seen_at: row.get("seen_at")?,
        expires_at: row.get("expires_at")?,
        address: row.get("address")?,
        browser: row.get("browser")?,
    })
}

/// Stores a session that begins, and forgets those that are over.
pub(super) async fn begin(
    work: &mut Work<'_>,
    session: &Session,
    secret: &Secret,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2";
    let now = session.created_at;
    work.execute(sql, &[Value::Int(now), Value::Int(now - IDLE)])
        .await?;
    let sql = "INSERT INTO sessions (id, account, hash, method, created_at, seen_at, expires_at, \
               address, browser) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let method = word(session.method);
    let values = [
        Value::Text(&session.id),
        Value::Text(&session.account),
        Value::Bytes(&secret.hash()),
        Value::Text(&method),
        Value::Int(session.created_at),
        Value::Int(session.seen_at),
        Value::Int(session.expires_at),
        Value::Text(&session.address),
        Value::Text(&session.browser),
    ];
    work.execute(sql, &values).await.map(|_| ())
}

/// The session of a secret and its account, as long as both are good.
pub(crate) async fn find(
    work: &mut Work<'_>,
    secret: &Secret,
    now: i64,
) -> Result<Option<(Session, Account)>, StoreError> {
    let sql = "SELECT id, account, method, created_at, seen_at, expires_at, address, browser \
               FROM sessions WHERE hash = $1";
    let Some(row) = work.fetch_one(sql, &[Value::Bytes(&secret.hash())]).await? else {
        return Ok(None);
    };
    let session = read(&row)?;
    if session.is_over(now) {
        return Ok(None);
    }
    let Some(account) = usable(work, &session.account).await? else {
        return Ok(None);
    };
    if now - session.seen_at >= MINUTE {
        let sql = "UPDATE sessions SET seen_at = $2 WHERE id = $1";
        work.execute(sql, &[Value::Text(&session.id), Value::Int(now)])
            .await?;
    }
    Ok(Some((session, account)))
}

/// An account that is not switched off, of a person who is still there.
async fn usable(work: &mut Work<'_>, id: &str) -> Result<Option<Account>, StoreError> {
    let account = accounts::by_id(work, id).await?;
    let organisation = work.organisation();
    Ok(account.filter(|account| account.person(organisation).is_some()))
}

/// Somebody's sessions that are not over, the newest first.
pub(crate) async fn of_account(
    work: &mut Work<'_>,
    account: &str,
    now: i64,
) -> Result<Vec<Session>, StoreError> {
    let sql = "SELECT id, account, method, created_at, seen_at, expires_at, address, browser \
               FROM sessions WHERE account = $1 ORDER BY created_at DESC, id";
    let rows = work.fetch(sql, &[Value::Text(account)]).await?;
    let mut sessions = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    sessions.retain(|session| !session.is_over(now));
    Ok(sessions)
}

/// Ends one session; says whether there was one.
pub(crate) async fn end(
    work: &mut Work<'_>,
    account: &str,
    session: &str,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM sessions WHERE account = $1 AND id = $2";
    let ended = work
        .execute(sql, &[Value::Text(account), Value::Text(session)])
        .await?;
    Ok(ended == 1)
}

/// Ends every session but one.
pub(crate) async fn end_others(
    work: &mut Work<'_>,
    account: &str,
    kept: Option<&str>,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM sessions WHERE account = $1 AND id <> $2";
    let kept = kept.unwrap_or_default();
    work.execute(sql, &[Value::Text(account), Value::Text(kept)])
        .await
}

/// A token of a program.
#[derive(Debug, Clone)]
pub(crate) struct ApiToken {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) scopes: Vec<TokenScope>,
    pub(crate) unit: Option<UnitId>,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) used_at: Option<i64>,
}

impl ApiToken {
    pub(crate) fn view(&self) -> wire::ApiToken {
        wire::ApiToken {
            id: self.id.clone(),
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            unit: self.unit.as_ref().map(|unit| unit.as_str().to_owned()),
            created_at: self.created_at,
            expires_at: self.expires_at,
            used_at: self.used_at,
        }
    }
}

fn read_token(row: &Row) -> Result<ApiToken, StoreError> {
    let scopes: String = row.get("scopes")?;
    let unit: Option<String> = row.get("unit")?;
    let unreadable = |refusal: Refusal| StoreError::Database(refusal.detail.to_owned());
    Ok(ApiToken {
        id: row.get("id")?,
        name: row.get("name")?,
        scopes: scopes
            .split_whitespace()
            .map(read_word)
            .collect::<Result<_, _>>()?,
        unit: unit
            .map(|unit| UnitId::parse(&unit))
            .transpose()
            .map_err(unreadable)?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        used_at: row.get("used_at")?,
    })
}

pub(crate) async fn add_token(
    work: &mut Work<'_>,
    account: &Account,
    token: &ApiToken,
    secret: &Secret,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO api_tokens (id, account, hash, name, scopes, unit, created_at, \
               expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let scopes: Vec<String> = token.scopes.iter().map(word).collect();
    let scopes = scopes.join(" ");
    let values = [
        Value::Text(&token.id),
        Value::Text(&account.id),
        Value::Bytes(&secret.hash()),
        Value::Text(&token.name),
        Value::Text(&scopes),
        Value::TextOrNull(token.unit.as_ref().map(UnitId::as_str)),
        Value::Int(token.created_at),
        Value::Int(token.expires_at),
    ];
    work.execute(sql, &values).await.map(|_| ())
}

/// Somebody's tokens that have not ended, the newest first.
pub(crate) async fn tokens_of(
    work: &mut Work<'_>,
    account: &str,
    now: i64,
) -> Result<Vec<ApiToken>, StoreError> {
    let sql = "SELECT id, name, scopes, unit, created_at, expires_at, used_at FROM api_tokens \
               WHERE account = $1 AND expires_at > $2 ORDER BY created_at DESC, id";
    let values = [Value::Text(account), Value::Int(now)];
    let rows = work.fetch(sql, &values).await?;
    rows.iter().map(read_token).collect()
}

/// The token of a secret, which may have ended, and its owner, who is good.
pub(crate) async fn find_token(
    work: &mut Work<'_>,
    secret: &Secret,
    now: i64,
) -> Result<Option<(ApiToken, Account)>, StoreError> {
    let sql = "SELECT id, account, name, scopes, unit, created_at, expires_at, used_at \
               FROM api_tokens WHERE hash = $1";
    let Some(row) = work.fetch_one(sql, &[Value::Bytes(&secret.hash())]).await? else {
        return Ok(None);
    };
    let token = read_token(&row)?;
    let owner: String = row.get("account")?;
    let Some(account) = usable(work, &owner).await? else {
        return Ok(None);
    };
    if token.expires_at > now && token.used_at.is_none_or(|used| now - used >= MINUTE) {
        let sql = "UPDATE api_tokens SET used_at = $2 WHERE id = $1";
        work.execute(sql, &[Value::Text(&token.id), Value::Int(now)])
            .await?;
    }
    Ok(Some((token, account)))
}

/// Takes a token back; says whether there was one.
pub(crate) async fn remove_token(
    work: &mut Work<'_>,
    account: &str,
    token: &str,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM api_tokens WHERE account = $1 AND id = $2";
    let removed = work
        .execute(sql, &[Value::Text(account), Value::Text(token)])
        .await?;
    Ok(removed == 1)
}
