/* Secrets: tokens by the shapes that their makers publish, and values that are assigned to a name like key, token, password.
 * In an assignment the finding is the value alone. */
#include "guard/scan/rules_tables.h"

#define ID  "[A-Za-z0-9_\\-]"
#define B64 "[A-Za-z0-9+/=_\\-]"

/* Names that announce a secret, as they end identifiers in camel, snake or kebab case. */
#define KEY_NAME \
    "([Kk]ey|KEY|[Tt]oken|TOKEN|[Ss]ecret|SECRET|[Pp]assword|PASSWORD|[Pp]asswd|PASSWD|[Pp]assphrase|[Pp]wd|PWD|" \
    "[Pp]ass|PASS|" \
    "[Aa]pikey|APIKEY|[Aa]uth|AUTH|[Cc]redentials?|[Jj]wt|JWT)"
#define NAME "([A-Za-z0-9_.\\-]*[A-Za-z0-9_.\\-])?" KEY_NAME "[0-9s]{0,2}"
#define GLUE "([\"'\\])]{0,2}( string)?\\s*(=|:|:=|=>|\\?=|,|is)\\s*[\"'`]?)"

static const sx_rule RULES[] = {
    /* identifier, sign of assignment, value: the value decides (entropy, digits, no placeholder) */
    {"SECRET", "secret-assigned", NAME GLUE "[A-Za-z0-9_+/=.~%:$&!@\\-]{8,}", 0.75f, 0.9f, sx_check_secret_assigned, 0,
     0, ".-=:", "([", 320},
    {"SECRET", "secret-quoted",
     "([A-Za-z0-9_.\\-]*[A-Za-z0-9_.\\-])?([Pp]assword|PASSWORD|[Pp]asswd|PASSWD|[Pp]wd|[Pp]ass|[Ss]ecret|api_key)"
     "[A-Za-z0-9_]{0,16}[\"']?\\s{0,4}(=|:|:=|=>)\\s{0,4}(\"[^\"\n]{6,128}|'[^'\n]{6,128})",
     0.6f, 0.8f, sx_check_secret_quoted, 0, SX_RULE_RIGHT_ANY, ".-=:", NULL, 300},
    {"SECRET", "secret-password",
     "([A-Za-z0-9_.\\-]*[A-Za-z0-9_.\\-])?([Pp]assword|PASSWORD|[Pp]asswd|PASSWD|[Pp]wd|_pw|[Pp]ass|[Ss]ecrete?|"
     "[Kk]ey|KEY)"
     "[A-Za-z0-9_]{0,16}(\\[\\d{0,3}\\])?[\"']?\\s{0,4}(=|:|:=|=>|===?|!==?)\\s{0,4}@?[\"'`]?[^\\s\"'`,;]{8,}",
     0.6f, 0.8f, sx_check_secret_password, 0, SX_RULE_RIGHT_ANY, ".-=:", NULL, 300},
    {"SECRET", "secret-said-in-chinese", "(密钥|秘钥|口令|令牌|密码)\\N*(是|为|：|:)\\s?[A-Za-z0-9_+/=.~%\\-]{8,}",
     0.75f, 0.9f, sx_check_secret_assigned, 1, SX_RULE_LEFT_ANY, NULL, NULL, 400},
    /* RFC 6750, RFC 7617 */
    {"SECRET", "secret-bearer",
     "(?i)(authorization[\"']?\\s{0,2}[:=]\\s{0,4}[\"']?)?(bearer|basic|token)\\s{1,3}[A-Za-z0-9_+/=.~\\-]{16,}", 0.75f,
     0.9f, sx_check_secret_assigned, 1, 0, NULL, NULL, 320},
    {"SECRET", "secret-authorization", "(?i)authorization[\"']?\\s{0,2}[:=]\\s{0,4}[\"']?[A-Za-z0-9_+/=.~\\-]{16,}",
     0.75f, 0.9f, sx_check_secret_assigned, 1, 0, NULL, NULL, 320},
    {"SECRET", "secret-curl-user", "(-u|--user)\\s{1,3}[\"']?[^\\s\"':]{0,40}:[\"']?[^\\s\"']{6,80}[\"']?", 0.7f, 0.9f,
     sx_check_secret_user, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 0},
    {"SECRET", "secret-in-url",
     "[A-Za-z][A-Za-z0-9+.\\-]{1,15}://[^\\s/:@\"'<>]{1,60}:[^\\s/@\"'<>]{3,80}@[A-Za-z0-9_.\\-]{3,80}", 0.75f, 0.9f,
     sx_check_secret_user, 1, 0, NULL, NULL, 0},
    /* PEM (RFC 7468) */
    {"SECRET", "private-key",
     "-----BEGIN ([A-Z0-9]{2,10} ){0,3}PRIVATE KEY( BLOCK)?-----([A-Za-z0-9+/=\\s:,.\\-]*-----END [A-Z "
     "]{3,40}-----)?",
     0.95f, 1.0f, sx_check_secret_pem, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 0},
    /* RFC 7519 */
    {"SECRET", "jwt", "eyJ[A-Za-z0-9_\\-]{8,}\\.eyJ[A-Za-z0-9_\\-]{8,}(\\.[A-Za-z0-9_\\-]*)?", 0.95f, 1.0f, NULL, 0, 0,
     NULL, NULL, 0},
    /* code hosts */
    {"SECRET", "github", "gh[opusr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,82}", 0.95f, 1.0f, sx_check_secret_token,
     0, 0, NULL, NULL, 0},
    {"SECRET", "gitlab",
     "gl((pat|dt|rt|ft|cbt|soat|ffct)-[A-Za-z0-9_.\\-]{20,64}|ptt-" ID "{40}|imt-" ID "{25}|agent-" ID "{50}|oas-" ID
     "{64})|GR1348941" ID "{20,64}",
     0.95f, 1.0f, sx_check_secret_token, 0, 0, NULL, NULL, 0},
    {"SECRET", "bitbucket-atlassian",
     "ATATT3[A-Za-z0-9_\\-=]{180,220}|ATCTT3[A-Za-z0-9_\\-=]{50,200}|_gitlab_session=[0-9a-z]{32}", 0.95f, 1.0f,
     sx_check_secret_token, 0, 0, NULL, NULL, 0},
    /* clouds */
    {"SECRET", "aws", "(A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|ABSK" B64 "{60,}|bedrock-api-key-" B64 "{12,}",
     0.95f, 1.0f, sx_check_secret_token, 2, 0, NULL, NULL, 0},
    {"SECRET", "google", "AIza" ID "{35}|ya29\\." ID "{20,200}|GOCSPX-" ID "{28}", 0.95f, 1.0f, sx_check_secret_token,
     0, 0, NULL, NULL, 0},
    {"SECRET", "azure", "[A-Za-z0-9_~.\\-]{3}\\dQ~[A-Za-z0-9_~.\\-]{31,34}", 0.9f, 1.0f, NULL, 0, 0, NULL, NULL, 0},
    {"SECRET", "azure-account", "AccountKey=[A-Za-z0-9+/=]{88}", 0.9f, 1.0f, NULL, 0, SX_RULE_LEFT_ANY, NULL, NULL, 0},
    {"SECRET", "alibaba-yandex",
     "LTAI[A-Za-z0-9]{20}|YC" ID "{38}|AQVN[A-Za-z0-9_\\-]{35,38}|t1\\.[A-Z0-9a-z_\\-]+=*\\.[A-Z0-9a-z_\\-]{86}=*",
     0.9f, 1.0f, sx_check_secret_token, 0, 0, NULL, NULL, 0},
    {"SECRET", "digitalocean-heroku-fly",
     "do[opr]_v1_[a-f0-9]{64}|HRKU-AA[A-Za-z0-9_\\-]{58}|fo1_[A-Za-z0-9_]{43}|fm[12][ar]?_[A-Za-z0-9+/]{60,}={0,3}",
     0.95f, 1.0f, sx_check_secret_token, 0, 0, NULL, NULL, 0},
    {"SECRET", "hashicorp",
     "hv[sbr]\\." ID "{24,}|s\\.[A-Za-z0-9]{24}|[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=\\-]{60,70}", 0.9f, 1.0f,
     sx_check_secret_token, 1, 0, NULL, NULL, 0},
    {"SECRET", "cloudflare-databricks", "v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}|dapi[a-f0-9]{32}(-\\d)?|sha256~" ID "{43}",
     0.95f, 1.0f, sx_check_secret_token, 0, 0, NULL, NULL, 0},
    /* chat and mail */
    {"SECRET", "slack",
     "xox[a-z](-\\d{1,14}){1,5}-[A-Za-z0-9]{8,48}|xapp-\\d-[A-Z0-9]+-\\d+-[a-z0-9]+|"
     "xoxe(\\.xox[bp])?-\\d-[A-Za-z0-9]{100,200}|xox[os]-\\d+-\\d+-\\d+-[a-z0-9]+",
     0.95f, 1.0f, sx_check_secret_token, 2, 0, NULL, NULL, 0},
    {"SECRET", "slack-webhook", "https?://hooks\\.slack\\.com/(services|workflows|triggers)/[A-Za-z0-9+/]{40,60}",
     0.95f, 1.0f, NULL, 0, 0, NULL, NULL, 0},
    {"SECRET", "discord", "[MNO][A-Za-z0-9_\\-]{23,25}\\.[A-Za-z0-9_\\-]{6}\\.[A-Za-z0-9_\\-]{27,38}", 0.95f, 1.0f,
     sx_check_secret_token, 0, 0, NULL, NULL, 0},
    {"SECRET", "telegram", "\\d{8,10}:[A-Za-z0-9_\\-]{35}", 0.9f, 1.0f, NULL, 0, 0, NULL, NULL, 0},
    {"SECRET", "mail",
     "SG\\.[A-Za-z0-9_=\\-]{16,24}\\.?[A-Za-z0-9_=\\-.]{40,70}|xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}|"
     "key-[a-f0-9]{32}|pubkey-[a-f0-9]{32}|"
     "[0-9a-f]{32}-us\\d{1,2}|[a-h0-9]{32}-[a-h0-9]{8}-[a-h0-9]{8}",
     0.9f, 1.0f, NULL, 0, 0, NULL, NULL, 0},
    {"SECRET", "twilio", "(SK|AC)([0-9a-f]{32}|x{32})", 0.9f, 1.0f, NULL, 0, 0, NULL, NULL, 0},
    /* payment */
    {"SECRET", "stripe", "[sr]k_(live|test|prod)_[A-Za-z0-9]{10,99}|whsec_[A-Za-z0-9]{24,64}", 0.95f, 1.0f,
     sx_check_secret_token, 0, 0, NULL, NULL, 0},
    {"SECRET", "shops",
     "shp(at|ca|pa|ss)_[a-fA-F0-9]{32}|sq0[a-z]{3}-[A-Za-z0-9_\\-\\s\\\\]{22,60}|EAAA[A-Za-z0-9_\\-]{56,60}|"
     "EAA[MC][A-Za-z0-9]{100,}|s-s4t2(ud|af)-[a-f0-9]{64}|shippo_(live|test)_[a-fA-F0-9]{40}|"
     "EZ[AT]K[A-Za-z0-9]{54}|FLW(PUB|SEC)K_TEST-[a-h0-9]{12,33}(-X)?|(live|test)_(pub_)?[a-f0-9]{31,35}|"
     "duffel_(test|live)_[A-Za-z0-9_=\\-]{43}|"
     "live_[A-Za-z0-9_=\\-]{40}",
     0.9f, 1.0f, NULL, 0, 0, NULL, NULL, 0},
    /* models and data */
    {"SECRET", "models",
     "sk-ant-(api|admin)\\d\\d-[A-Za-z0-9_\\-]{93}AA|sk-(proj-|svcacct-|admin-)?[A-Za-z0-9_\\-]{20,180}|"
     "hf_[A-Za-z]{34}|api_org_[A-Za-z]{34}|"
     "pplx-[A-Za-z0-9]{48}|r8_[A-Za-z0-9]{37}|gsk_[A-Za-z0-9]{52}",
     0.9f, 1.0f, sx_check_secret_token, 3, 0, NULL, NULL, 0},
    /* registries and tools */
    {"SECRET", "registries",
     "npm_[A-Za-z0-9]{36}|pypi-Ag(EI|EN)[A-Za-z0-9_\\-]{50,}|rubygems_[a-f0-9]{48}|CLOJARS_[A-Za-z0-9]{60}|"
     "oy2[a-z0-9]{43}|"
     "_authToken=[A-Za-z0-9_\\-]{8,80}|AKCp[A-Za-z0-9]{69}|cmVmd[A-Za-z0-9]{59}",
     0.85f, 1.0f, sx_check_secret_token, 2, 0, NULL, NULL, 0},
    {"SECRET", "artifactory", "AKC[A-Za-z0-9]{10,}|AP[0-9ABCDEF][A-Za-z0-9]{8,}", 0.6f, 1.0f, NULL, 0, 0, NULL, NULL,
     0},
    {"SECRET", "monitoring",
     "gl(c_[A-Za-z0-9+/]{32,}={0,3}|sa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8})|eyJrIjoi[A-Za-z0-9]{70,}={0,3}|NR(AK|JS|"
     "II|BR)-[A-Za-z0-9\\-]{19,40}|"
     "sntry[su]_[A-Za-z0-9+/=_]{60,200}|dt0c01\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}|"
     "dp\\.[a-z]{2,5}\\.[A-Za-z0-9]{40,44}|ph[cx]_[A-Za-z0-9]{40,48}",
     0.95f, 1.0f, sx_check_secret_token, 0, 0, NULL, NULL, 0},
    {"SECRET", "workplaces",
     "lin_api_[A-Za-z0-9]{40}|ntn_[0-9]{11}[A-Za-z0-9]{32,35}|secret_[A-Za-z0-9]{43}|"
     "PMAK-[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}|pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}|"
     "rdme_[a-z0-9]{70}|tfp_[a-z0-9_.=\\-]{59}|figd_[A-Za-z0-9_\\-]{40}|pnu_[a-zA-Z0-9]{36}|pul-[a-f0-9]{40}|"
     "pscale_(tkn|pw|oauth)_[A-Za-z0-9_=.\\-]{32,64}|"
     "tk-us-[A-Za-z0-9_\\-]{48}|sm_[asp]at_[A-Za-z0-9]{16}|sgp_([A-Fa-f0-9]{16}_|local_)?[A-Fa-f0-9]{40}|"
     "fio-u-[A-Za-z0-9_=\\-]{64}|ico-[A-Za-z0-9]{32}|"
     "dnkey-[A-Za-z0-9_=\\-]{26}-[A-Za-z0-9_=\\-]{52}|API-[A-Z0-9]{26}|b_[A-Za-z0-9=_\\-]{44}|"
     "pat\\.[A-Za-z0-9_\\-]{22}\\.[0-9a-f]{24}\\.[A-Za-z0-9]{20}|"
     "4b1d[A-Za-z0-9]{38}|00[A-Za-z0-9_\\-]{40}",
     0.85f, 1.0f, sx_check_secret_token, 0, 0, NULL, NULL, 0},
    {"SECRET", "vaults",
     "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}|A3-[A-Z0-9]{6}-([A-Z0-9]{11}|"
     "[A-Z0-9]{6}-[A-Z0-9]{5})(-[A-Z0-9]{5}){3}|"
     "ops_eyJ[A-Za-z0-9+/]{200,}={0,3}",
     0.9f, 1.0f, sx_check_secret_token, 2, 0, NULL, NULL, 0},
};

SX_RULE_TABLE(sx_rules_secret, RULES)
