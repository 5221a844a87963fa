//! OpenID Connect: authorization code with PKCE (RFC 7636), state and nonce,
//! discovery, and logout at the provider.
//!
//! ```text
//!   start ──> discovery ──> the provider's page ──> callback ──> code for tokens
//!     │                                                │             │
//!     └── sealed cookie: state, nonce, verifier ───────┘             ▼
//!                                                       ID token + userinfo
//!                                                        = claims ──> account
//! ```
//!
//! Where the provider is away, local accounts go on.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout,
    RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse,
    UserInfoClaims,
};
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::claims::Claims;
use crate::OidcConfig;

/// How long the provider may take for an answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long what the provider says of itself is not asked for again.
const METADATA_GOOD_FOR: Duration = Duration::from_secs(10 * 60);

/// The largest answer of a provider, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The provider does not say who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProviderError {
    /// It does not answer, or not as a provider does.
    #[error("the provider does not answer: {0}")]
    Unavailable(String),
    /// What it says does not stand up.
    #[error("the provider's answer is not accepted: {0}")]
    Refused(String),
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("OpenID Connect: {0}")]
pub struct OidcConfigError(String);

/// Whatever else a provider says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extra {
    #[serde(flatten)]
    claims: Map<String, Json>,
}

impl AdditionalClaims for Extra {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Extra,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Discovered = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the browser keeps, sealed, while somebody is at the provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Errand {
    state: String,
    nonce: String,
    verifier: String,
    /// In milliseconds since 1970 UTC.
    pub(crate) until: i64,
}

/// The provider of identities.
pub(crate) struct Provider {
    pub(crate) config: OidcConfig,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    home: PostLogoutRedirectUrl,
    http: reqwest::Client,
    metadata: Mutex<Option<(Instant, Arc<ProviderMetadataWithLogout>)>>,
}

impl Provider {
    /// Checks the settings; asks nobody.
    pub(crate) fn new(config: OidcConfig) -> Result<Self, OidcConfigError> {
        let wrong = |error: &dyn std::fmt::Display| OidcConfigError(error.to_string());
        let mut http = reqwest::Client::builder()
            // Where a provider sends us is not where we go.
            .redirect(Policy::none())
            .timeout(PATIENCE);
        if let Some(pem) = &config.authority_pem {
            let authority = reqwest::Certificate::from_pem_bundle(pem.as_bytes());
            http = http.tls_certs_merge(authority.map_err(|error| wrong(&error))?);
        }
        let base = config.public_url.trim_end_matches('/');
        let redirect = format!("{base}/api/v1/oidc/callback");
        Ok(Self {
            issuer: IssuerUrl::new(config.issuer.clone()).map_err(|error| wrong(&error))?,
            redirect: RedirectUrl::new(redirect).map_err(|error| wrong(&error))?,
            home: PostLogoutRedirectUrl::new(format!("{base}/sign-in"))
                .map_err(|error| wrong(&error))?,
            http: http.build().map_err(|error| wrong(&error))?,
            metadata: Mutex::default(),
            config,
        })
    }

    /// Asks the provider what it is, and so whether it is there.
    async fn discover(&self) -> Result<Arc<ProviderMetadataWithLogout>, ProviderError> {
        let ask = |request| ask(self.http.clone(), request);
        let discovered = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &ask);
        let metadata = Arc::new(discovered.await.map_err(unavailable)?);
        *self.metadata.lock().await = Some((Instant::now(), Arc::clone(&metadata)));
        Ok(metadata)
    }

    /// What the provider said of itself a moment ago.
    async fn metadata(&self) -> Result<Arc<ProviderMetadataWithLogout>, ProviderError> {
        let known = self.metadata.lock().await.clone();
        match known {
            Some((at, metadata)) if at.elapsed() < METADATA_GOOD_FOR => Ok(metadata),
            Some(_) | None => self.discover().await,
        }
    }

    fn client(&self, metadata: &ProviderMetadataWithLogout) -> Discovered {
        let secret = ClientSecret::new(self.config.client_secret.expose().clone());
        let id = ClientId::new(self.config.client_id.clone());
        Client::from_provider_metadata(metadata.clone(), id, Some(secret))
            .set_redirect_uri(self.redirect.clone())
    }

    /// The provider's page, and what the browser keeps meanwhile until then.
    pub(crate) async fn start(&self, until: i64) -> Result<(String, Errand), ProviderError> {
        let client = self.client(&*self.discover().await?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for scope in &self.config.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (address, state, nonce) = request.url();
        let errand = Errand {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            until,
        };
        Ok((address.to_string(), errand))
    }

    /// Who came back with a code and a state.
    pub(crate) async fn finish(
        &self,
        errand: Errand,
        code: String,
        state: &str,
    ) -> Result<Claims, ProviderError> {
        // Both are random and known to this browser only; a comparison that
        // takes different times tells nothing that helps.
        if state != errand.state {
            return Err(ProviderError::Refused("another state".to_owned()));
        }
        let client = self.client(&*self.metadata().await?);
        let ask = |request| ask(self.http.clone(), request);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(refused)?
            .set_pkce_verifier(PkceCodeVerifier::new(errand.verifier))
            .request_async(&ask)
            .await
            .map_err(exchange_failed)?;
        let verifier = client.id_token_verifier();
        let id_token = tokens
            .id_token()
            .ok_or_else(|| ProviderError::Refused("there is no ID token".to_owned()))?;
        let said = id_token
            .claims(&verifier, &Nonce::new(errand.nonce))
            .map_err(refused)?;
        if let Some(expected) = said.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(refused)?;
            let key = id_token.signing_key(&verifier).map_err(refused)?;
            let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
            if actual.map_err(refused)? != *expected {
                return Err(ProviderError::Refused("another access token".to_owned()));
            }
        }
        let mut claims = object(said);
        // Many providers keep the particulars for this address.
        let subject = said.subject().clone();
        if let Ok(request) = client.user_info(tokens.access_token().clone(), Some(subject)) {
            let more: UserInfoClaims<Extra, CoreGenderClaim> =
                request.request_async(&ask).await.map_err(refused)?;
            claims.extend(object(&more));
        }
        Ok(Claims {
            issuer: self.issuer.to_string(),
            subject: said.subject().to_string(),
            claims,
        })
    }

    /// Where the provider ends its own session, if it says where.
    pub(crate) async fn logout(&self) -> Option<String> {
        let metadata = self.metadata().await.ok()?;
        let end = metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()?;
        let request = LogoutRequest::from(end)
            .set_client_id(ClientId::new(self.config.client_id.clone()))
            .set_post_logout_redirect_uri(self.home.clone());
        Some(request.http_get_url().to_string())
    }
}

fn object(claims: &impl Serialize) -> Map<String, Json> {
    match serde_json::to_value(claims) {
        Ok(Json::Object(claims)) => claims,
        // Claims are always an object.
        Ok(_) | Err(_) => Map::new(),
    }
}

fn unavailable(error: impl std::error::Error) -> ProviderError {
    ProviderError::Unavailable(with_causes(&error))
}

fn refused(error: impl std::error::Error) -> ProviderError {
    ProviderError::Refused(with_causes(&error))
}

fn exchange_failed<E, R>(error: openidconnect::RequestTokenError<E, R>) -> ProviderError
where
    E: std::error::Error + 'static,
    R: openidconnect::ErrorResponse + 'static,
{
    match error {
        openidconnect::RequestTokenError::Request(error) => unavailable(error),
        other => refused(other),
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("the answer is too large")]
    TooLarge,
    #[error("the answer cannot be read")]
    Unreadable(#[from] openidconnect::http::Error),
}

async fn ask(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, AskError> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut response = openidconnect::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if body.len() + piece.len() > LARGEST {
            return Err(AskError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(response.body(body)?)
}
