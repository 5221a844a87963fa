//! Accounts in the database.

use diemcau_protocol as wire;
use diemcau_protocol::{ErrorCode, RoleGrant, SystemRole};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::administration::Work;
use crate::database::{Row, Value};
use crate::organisation::{Member, MemberId, Organisation, Refusal, UnitId};
use crate::permissions::system::{Grant, Place};
use crate::redacted::Redacted;
use crate::store::StoreError;

/// The most roles of an account.
const MOST_GRANTS: usize = 50;

/// The name that is written to sign in, always in small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Login(String);

impl Login {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let login = text.trim().to_ascii_lowercase();
        let fits = |c: char| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '@')
        };
        if (2..=64).contains(&login.len()) && login.chars().all(fits) {
            Ok(Self(login))
        } else {
            Err(Refusal::new(
                ErrorCode::BadMessage,
                "an account's name has 2 to 64 letters, digits, and . _ - @",
            ))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An account of a person.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) person: MemberId,
    pub(crate) login: Login,
    /// Hashed; none where only the provider lets it in.
    pub(crate) password: Option<Redacted<String>>,
    /// Sealed.
    pub(crate) totp: Option<Vec<u8>>,
    /// Sealed; not confirmed yet.
    pub(crate) totp_new: Option<Vec<u8>>,
    /// The step of the last code that was used.
    pub(crate) totp_step: i64,
    /// Who it is at the OpenID Connect provider: issuer and subject.
    pub(crate) provider: Option<(String, String)>,
    pub(crate) created_at: i64,
    pub(crate) disabled_at: Option<i64>,
    pub(crate) version: i64,
    pub(crate) grants: Vec<Grant>,
}

impl Account {
    /// A new one, which nobody can open yet.
    pub(crate) fn new(id: String, person: MemberId, login: Login, now: i64) -> Self {
        Self {
            id,
            person,
            login,
            password: None,
            totp: None,
            totp_new: None,
            totp_step: 0,
            provider: None,
            created_at: now,
            disabled_at: None,
            version: 1,
            grants: Vec::new(),
        }
    }

    /// The person, as long as both may be used.
    pub(crate) fn person<'a>(&self, organisation: &'a Organisation) -> Option<&'a Member> {
        let person = organisation.people.get(&self.person)?;
        (self.disabled_at.is_none() && person.closed_at.is_none()).then_some(person)
    }

    /// The unit of its person.
    pub(crate) fn unit<'a>(&self, organisation: &'a Organisation) -> Option<&'a UnitId> {
        organisation
            .people
            .get(&self.person)
            .map(|person| &person.unit)
    }

    /// As clients see it.
    pub(crate) fn view(&self) -> wire::Account {
        wire::Account {
            id: self.id.clone(),
            person: self.person.as_str().to_owned(),
            login: self.login.as_str().to_owned(),
            roles: self.grants.iter().map(role_grant).collect(),
            has_password: self.password.is_some(),
            second_factor: self.totp.is_some(),
            from_provider: self.provider.is_some(),
            created_at: self.created_at,
            disabled_at: self.disabled_at,
        }
    }

    /// As it stands in the audit log: without anything that opens it.
    pub(crate) fn audited(&self) -> Json {
        json!(self.view())
    }

    /// As its acts stand in the audit log.
    pub(crate) fn actor(&self) -> String {
        format!("account:{}", self.login.as_str())
    }
}

fn role_grant(grant: &Grant) -> RoleGrant {
    let (unit, site) = match &grant.place {
        Place::Everywhere => (None, None),
        Place::Unit(unit) => (Some(unit.as_str().to_owned()), None),
        Place::Site(site) => (None, Some(site.as_str().to_owned())),
    };
    RoleGrant {
        role: grant.role,
        unit,
        site,
    }
}

/// The roles that somebody wants an account to have; each once.
pub(crate) fn grants(
    organisation: &Organisation,
    roles: &[RoleGrant],
) -> Result<Vec<Grant>, Refusal> {
    if roles.len() > MOST_GRANTS {
        return Err(Refusal::new(
            ErrorCode::OutOfRange,
            "an account has up to 50 roles",
        ));
    }
    let mut grants = roles
        .iter()
        .map(|role| grant(organisation, role))
        .collect::<Result<Vec<_>, _>>()?;
    grants.sort();
    grants.dedup();
    Ok(grants)
}

fn grant(organisation: &Organisation, role: &RoleGrant) -> Result<Grant, Refusal> {
    const UNKNOWN: Refusal = Refusal::new(ErrorCode::NotFound, "there is no such unit or site");
    const UNFIT: Refusal = Refusal::new(
        ErrorCode::BadMessage,
        "the role is not given in such a place",
    );
    let place = match (&role.unit, &role.site) {
        (None, None) => Place::Everywhere,
        (Some(unit), None) => {
            let unit = UnitId::parse(unit)?;
            let known = organisation.units.get(&unit).ok_or(UNKNOWN)?;
            Place::Unit(known.id.clone())
        }
        (None, Some(site)) => {
            let site = MemberId::parse(site)?;
            let known = organisation.sites.get(&site).ok_or(UNKNOWN)?;
            Place::Site(known.id.clone())
        }
        (Some(_), Some(_)) => return Err(UNFIT),
    };
    match (role.role, &place) {
        (
            SystemRole::Administrator | SystemRole::Auditor | SystemRole::Member,
            Place::Everywhere,
        )
        | (
            SystemRole::UnitAdministrator | SystemRole::Organiser | SystemRole::Clerk,
            Place::Everywhere | Place::Unit(_),
        )
        | (SystemRole::SiteOperator, Place::Site(_)) => Ok(Grant {
            role: role.role,
            place,
        }),
        (
            SystemRole::Administrator
            | SystemRole::Auditor
            | SystemRole::Member
            | SystemRole::UnitAdministrator
            | SystemRole::Organiser
            | SystemRole::Clerk
            | SystemRole::SiteOperator,
            _,
        ) => Err(UNFIT),
    }
}

/// A word of one of our own types, as it stands in the database.
pub(super) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(Json::String(word)) => word,
        // Only enums without fields are written so.
        Ok(_) | Err(_) => String::new(),
    }
}

pub(super) fn read_word<T: DeserializeOwned>(word: &str) -> Result<T, StoreError> {
    serde_json::from_value(Json::String(word.to_owned()))
        .map_err(|_| StoreError::Database("not a word of this build".to_owned()))
}

fn unreadable(refusal: Refusal) -> StoreError {
    StoreError::Database(refusal.detail.to_owned())
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, person, login, password, totp, totp_new, totp_step, issuer, subject, \
             created_at, disabled_at, version FROM accounts ",
            $rest
        )
    };
}

async fn one(
    work: &mut Work<'_>,
    sql: &'static str,
    values: &[Value<'_>],
) -> Result<Option<Account>, StoreError> {
    let Some(row) = work.fetch_one(sql, values).await? else {
        return Ok(None);
    };
    let mut account = read(&row)?;
    let sql = "SELECT account, role, unit, site FROM grants WHERE account = $1 ORDER BY number";
    for row in work.fetch(sql, &[Value::Text(&account.id)]).await? {
        account.grants.push(read_grant(&row)?);
    }
    Ok(Some(account))
}

pub(crate) async fn by_id(work: &mut Work<'_>, id: &str) -> Result<Option<Account>, StoreError> {
    one(work, select!("WHERE id = $1"), &[Value::Text(id)]).await
}

pub(crate) async fn by_login(
    work: &mut Work<'_>,
    login: &Login,
) -> Result<Option<Account>, StoreError> {
    one(
        work,
        select!("WHERE login = $1"),
        &[Value::Text(login.as_str())],
    )
    .await
}

pub(crate) async fn by_person(
    work: &mut Work<'_>,
    person: &MemberId,
) -> Result<Option<Account>, StoreError> {
    one(
        work,
        select!("WHERE person = $1"),
        &[Value::Text(person.as_str())],
    )
    .await
}

pub(crate) async fn by_provider(
    work: &mut Work<'_>,
    (issuer, subject): (&str, &str),
) -> Result<Option<Account>, StoreError> {
    let values = [Value::Text(issuer), Value::Text(subject)];
    one(work, select!("WHERE issuer = $1 AND subject = $2"), &values).await
}

/// Every account.
pub(crate) async fn all(work: &mut Work<'_>) -> Result<Vec<Account>, StoreError> {
    let rows = work.fetch(select!("ORDER BY id"), &[]).await?;
    let mut accounts = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let sql = "SELECT account, role, unit, site FROM grants ORDER BY account, number";
    for row in work.fetch(sql, &[]).await? {
        let whose: String = row.get("account")?;
        if let Ok(index) = accounts.binary_search_by(|account| account.id.cmp(&whose))
            && let Some(account) = accounts.get_mut(index)
        {
            account.grants.push(read_grant(&row)?);
        }
    }
    Ok(accounts)
}

fn read(row: &Row) -> Result<Account, StoreError> {
    let (issuer, subject): (Option<String>, Option<String>) =
        (row.get("issuer")?, row.get("subject")?);
    let password: Option<String> = row.get("password")?;
    Ok(Account {
        id: row.get("id")?,
        person: MemberId::parse(&row.get::<String>("person")?).map_err(unreadable)?,
        login: Login::parse(&row.get::<String>("login")?).map_err(unreadable)?,
        password: password.map(Redacted::new),
        totp: row.get("totp")?,
        totp_new: row.get("totp_new")?,
        totp_step: row.get("totp_step")?,
        provider: issuer.zip(subject),
        created_at: row.get("created_at")?,
        disabled_at: row.get("disabled_at")?,
        version: row.get("version")?,
        grants: Vec::new(),
    })
}

fn read_grant(row: &Row) -> Result<Grant, StoreError> {
    let (unit, site): (Option<String>, Option<String>) = (row.get("unit")?, row.get("site")?);
    let place = match (unit, site) {
        (Some(unit), _) => Place::Unit(UnitId::parse(&unit).map_err(unreadable)?),
        (None, Some(site)) => Place::Site(MemberId::parse(&site).map_err(unreadable)?),
        (None, None) => Place::Everywhere,
    };
    Ok(Grant {
        role: read_word(&row.get::<String>("role")?)?,
        place,
    })
}

/// Writes an account in place of the one before it.
pub(crate) async fn write(work: &mut Work<'_>, account: &Account) -> Result<(), StoreError> {
    let sql = "INSERT INTO accounts (id, person, login, password, totp, totp_new, totp_step, \
               issuer, subject, created_at, disabled_at, version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
               ON CONFLICT (id) DO UPDATE SET password = excluded.password, \
               totp = excluded.totp, totp_new = excluded.totp_new, \
               totp_step = excluded.totp_step, issuer = excluded.issuer, \
               subject = excluded.subject, disabled_at = excluded.disabled_at, \
               version = excluded.version";
    let provider = account.provider.as_ref();
    let password = account.password.as_ref().map(Redacted::expose);
    let values = [
        Value::Text(&account.id),
        Value::Text(account.person.as_str()),
        Value::Text(account.login.as_str()),
        Value::TextOrNull(password.map(String::as_str)),
        Value::BytesOrNull(account.totp.as_deref()),
        Value::BytesOrNull(account.totp_new.as_deref()),
        Value::Int(account.totp_step),
        Value::TextOrNull(provider.map(|(issuer, _)| issuer.as_str())),
        Value::TextOrNull(provider.map(|(_, subject)| subject.as_str())),
        Value::Int(account.created_at),
        Value::IntOrNull(account.disabled_at),
        Value::Int(account.version),
    ];
    work.execute(sql, &values).await?;
    let of_account = [Value::Text(&account.id)];
    work.execute("DELETE FROM grants WHERE account = $1", &of_account)
        .await?;
    for (number, grant) in (0..).zip(&account.grants) {
        let RoleGrant { role, unit, site } = role_grant(grant);
        let sql = "INSERT INTO grants (account, number, role, unit, site) \
                   VALUES ($1, $2, $3, $4, $5)";
        let role = word(role);
        let values = [
            Value::Text(&account.id),
            Value::Int(number),
            Value::Text(&role),
            Value::TextOrNull(unit.as_deref()),
            Value::TextOrNull(site.as_deref()),
        ];
        work.execute(sql, &values).await?;
    }
    Ok(())
}

/// How many recovery codes are left.
pub(crate) async fn recovery_codes(work: &mut Work<'_>, id: &str) -> Result<u32, StoreError> {
    let sql = "SELECT COUNT(*) AS left_over FROM recovery_codes WHERE account = $1";
    let row = work.fetch_one(sql, &[Value::Text(id)]).await?;
    let left: i64 = row.map_or(Ok(0), |row| row.get("left_over"))?;
    Ok(u32::try_from(left).unwrap_or(u32::MAX))
}

/// Puts other recovery codes in place of those that are left.
pub(super) async fn set_recovery_codes(
    work: &mut Work<'_>,
    id: &str,
    hashes: &[[u8; 32]],
) -> Result<(), StoreError> {
    let sql = "DELETE FROM recovery_codes WHERE account = $1";
    work.execute(sql, &[Value::Text(id)]).await?;
    for hash in hashes {
        let sql = "INSERT INTO recovery_codes (account, hash) VALUES ($1, $2)";
        work.execute(sql, &[Value::Text(id), Value::Bytes(hash)])
            .await?;
    }
    Ok(())
}

/// Uses a recovery code up; says whether there was one.
pub(super) async fn use_recovery_code(
    work: &mut Work<'_>,
    id: &str,
    hash: &[u8; 32],
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM recovery_codes WHERE account = $1 AND hash = $2";
    let used = work
        .execute(sql, &[Value::Text(id), Value::Bytes(hash)])
        .await?;
    Ok(used == 1)
}
