/* Attacks on the instructions of a language model, by the words they cannot do without: overriding, asking for what is hidden,
 * changing modes and roles. Rules see wording only: an attack in plain words of its own needs a model to judge. */
#include "guard/scan/rules_tables.h"

#define SP  "[\\s\"'*_,\\-]{1,4}"
#define OSP "[\\s\"'*_,\\-]{0,4}"
#define FILLER \
    "(" SP "(all|any|the|your|my|every|each|of|these|those|that|this|previous|previously|prior|above|earlier|" \
    "preceding|foregoing|initial|original|last|first|other|and|or|given|system|safety|existing|past|former|stated|" \
    "me|what|about|to|said|you|were|been|have|had|has|its|their|our|openai|developer|hidden|secret|internal|current|" \
    "full|entire|exact|whole|old|out|us|a|i))*"
#define ORDERS \
    "(instructions?|prompts?|directions?|directives?|commands?|rules|guidelines|orders?|programming|constraints|" \
    "restrictions|protocols|polic(y|ies)|assignments?)"

static const sx_rule RULES[] = {
    /* overriding what was said before */
    {"PROMPT_INJECTION", "override-orders",
     "(?i)(ignor(e|ing)|disregard|forget|overlook|neglect|bypass|override|dismiss|discard|erase|(do not|don't|"
     "stop|without) follow(ing)?)" FILLER SP ORDERS,
     0.8f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "override-everything",
     "(?i)(ignore|disregard|forget)" SP "(everything|anything|all|what(ever)?)" SP
     "(above|before|that|you|i|and|previous(ly)?|prior|said|else|was|now|the)",
     0.75f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "new-orders",
     "(?i)(your|these are|here are|begin|following|are)?" OSP "new" SP "(instructions|orders|directives|rules)"
     "\\s?(:|are|follow|##|=)",
     0.7f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "strictly-adhere",
     "(?i)((strictly )?(adhere|stick) to|only follow|execute|obey)" SP "(the|this|these|my)" SP
     "(following|next|new|below)" SP ORDERS,
     0.8f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "orders-void",
     "(?i)" ORDERS SP "(above|before|given|so far)?" OSP "(are|is|were)" SP
     "(now )?(void|null|cancell?ed|obsolete|wrong|fake|overridden|no longer)",
     0.75f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "act-without-orders",
     "(?i)(act|behave|pretend|respond|answer)" SP "(like|as if|as though|that)" SP "(you|there)"
     "[^.\n]*(instructions|rules|restrictions|guidelines|limitations|filters)",
     0.7f, 0, NULL, 0, 0, NULL, NULL, 160},
    /* asking for what is hidden */
    {"PROMPT_INJECTION", "reveal-orders",
     "(?i)(reveal|print|show|tell|repeat|output|give|list|leak|display|expose|disclose|recite|share|write|spell|"
     "return|send|copy|say|provide|share)" FILLER SP
     "((system|initial|original|hidden|secret|full|previous|above|first|last|internal|base|pre)" OSP
     "(prompts?|instructions?|message|directives?|rules)|"
     "prompt" SP "text|instructions?" SP
     "(above|verbatim|you (were|have been) given)|passwords?|passcode|secret (key|word|code|phrase)|"
     "(text|words?|content|everything)" SP "above)",
     0.75f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "ask-orders",
     "(?i)what('s| is| are| was| were)" FILLER SP "(prompts?|instructions?|directives?|password|secret)"
     "( given| before| above|\\?|\\.)?",
     0.6f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "letters-of-secret",
     "(?i)(first|last|second|next|each|every) (letters?|characters?|words?) (of|in|from) (the|your) (password|"
     "secret|prompt|key)",
     0.75f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "say-instead",
     "(?i)(instead|now|just|only|simply|then)" SP
     "(say|write|print|output|respond with|answer with|reply with|tell me)" SP
     "([\"'“]|i\\s(hate|have|am)|hacked|that you)",
     0.65f, 0, NULL, 0, SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"PROMPT_INJECTION", "forget-and-focus",
     "(?i)(forget|ignore|stop)" SP "(about )?(all|everything|it|that|the previous|previous|your|the)"
     "[^.\n]*(assignments?|tasks?|conversation|topic|text|context|questions?|work)",
     0.65f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "i-am-your-maker",
     "(?i)i('m| am)" SP "(now )?(your|the|an?)" SP
     "(real |new )?(creator|developer|programmer|administrator|admin|owner|master|engineer)"
     "( of| at|\\.|,|!| and| here)",
     0.65f, 0, NULL, 0, SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    /* marks of a conversation's format where a text should be */
    {"PROMPT_INJECTION", "chat-marks",
     "(?i)<\\|(im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\\|>|\\[/?inst\\]|<</?sys>>|"
     "#{2,3}\\s?(system|instructions?|begin new instructions)|\\[system (note|message|prompt)[^\\]]{0,20}|(begin|"
     "end)ning? of (system|new) (prompt|instructions)",
     0.75f, 0, NULL, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"PROMPT_INJECTION", "loud-override", "(?i)(important|attention|alert|warning|stop)\\s?(everything)?!{2,}", 0.6f, 0,
     NULL, 0, SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"PROMPT_INJECTION", "markdown-exfiltration",
     "!\\[[^\\]\n]*\\]\\(https?://[^)\\s]+[?&][A-Za-z_]{1,20}=(\\{|\\[|<|%7[bB]|\\$)", 0.8f, 0, NULL, 0,
     SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    /* the same with what was said already in it: no picture needs a conversation or a password to be shown */
    {"PROMPT_INJECTION", "markdown-exfiltration-of-data",
     "(?i)!\\[[^\\]\n]*\\]\\(https?://[^)\\s]+[?&](chat|conversation|history|prompt|system_?prompt|secrets?|passwords?|passwd|creds?|"
     "credentials|api_?key|cookies?|session|leak(ed)?|stolen|loot|exfil(trated)?|user_?(data|input|message)|private|"
     "confidential|summary)=[^)&\\s]",
     0.7f, 0, NULL, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    /* German, French, Spanish, Italian, Russian */
    {"PROMPT_INJECTION", "override-de",
     "(?i)(vergiss|vergessen sie|ignoriere?|ignorieren sie|missachte)\\s(bitte )?(alle[ns]?|die|deine|ihre|das|"
     "jetzt|nun|vorherigen|obigen|bisherigen|was|davor|vorher|nicht|"
     "ganze[ns]?|vorangegangenen|gesagte[n]?|\\s)*(anweisung(en)?|instruktionen|aufgaben?|auftr[aä]ge|befehle|"
     "regeln|davor|vorher|gesagt|zuvor|oben|prompt)",
     0.8f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "override-fr-es-it",
     "(?i)(oublie[rz]?|ignore[rz]?|ignora|olvida|olvide|dimentica)\\s(toutes|tous|todas|todos|todo|tutte|le[ts]?|"
     "la[s]?|les|los|tes|vos|sus|tus|lo|que|ce|instructions|"
     "pr[eé]c[eé]dentes|anteriores|\\s)*(instructions|consignes|r[eè]gles|instrucciones|[oó]rdenes|reglas|"
     "istruzioni|anterior(es)?|pr[eé]c[eé]dent)",
     0.8f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"PROMPT_INJECTION", "override-ru",
     "(игнорируй(те)?|Игнорируй(те)?|забудь(те)?|Забудь(те)?)(\\N|\\s)*(инструкции|указания|правила|команды)", 0.8f, 0,
     NULL, 0, 0, NULL, NULL, 160},
    /* Chinese, traditional and simplified */
    {"PROMPT_INJECTION", "override-zh",
     "(忽略|无视|無視|忘记|忘掉|忘記|忽視|忽视|不要理会|不用理会|抛开|抛弃|清空|丢弃|覆盖|取消|违反)\\N*(指令|指示|要求|提示|规则|規則|设定|設定|对话|對話|命令|约束|說明|说明|限制)",
     0.8f, 0, NULL, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"PROMPT_INJECTION", "clear-zh", "把\\N*(对话|指令|提示|设定|规则)\\N*(清空|忘掉|删除|作废)", 0.75f, 0, NULL, 0,
     SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"PROMPT_INJECTION", "reveal-zh",
     "(输出|告诉我|告訴我|显示|泄露|打印|复述|重复|透露|公开|说出|列出|翻译|輸出|顯示)(\\N|[\"'#\\s])*(系统提示|系統提示|提示词|提示詞|初始指令|初始设定|初始設定|系统指令|"
     "内部指令|隐藏|开头的指令|之前的指令|密码是|"
     "system prompt)",
     0.75f, 0, NULL, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"PROMPT_INJECTION", "assistant-told-zh",
     "(助手|AI|模型|机器人)[，,：: ]{1,3}请?(把|将|立即|忽略|不要)\\N*(转发|发送|泄露|发给|删除|上传|告诉)", 0.75f, 0,
     NULL, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"JAILBREAK", "mode-zh",
     "(进入|开启|启用|切换到|切换至|打开|激活|進入|開啟)\\N*(开发者模式|開發者模式|越狱|越獄|无限制模式|管理员模式|调试模式|上帝模式|DAN)",
     0.75f, 0, NULL, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"JAILBREAK", "unbound-zh",
     "(你|妳|您)\\N*(没有任何限制|没有限制的|沒有限制|不受任何|不受限制|无限制的|没有任何道德|没有道德|可以做任何事)",
     0.75f, 0, NULL, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"JAILBREAK", "evade-zh",
     "(绕过|绕开|关闭|解除|突破|避开|繞過|關閉)\\N*(审查|審查|安全过滤|安全限制|内容限制|过滤|道德限制|安全机制|内容政策)|不要拒绝\\N*(不要|别)道歉|"
     "从现在(开始|起)[，,]?你(不再)?(是|扮演|叫)|從現在開始[，,]?你(不再)?是",
     0.75f, 0, NULL, 0, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    /* roles without rules */
    {"JAILBREAK", "do-anything-now",
     "(?i)do anything now|jailbroken (mode|ai|chatgpt)|jailbreak (mode|prompt)|DAN (can|is|mode|stands|has|will)|"
     "(named|called|as|like|be|play|known as) DAN|\\[?(classic|jailbreak|dan|gpt)\\]:|"
     "developer mode (enabled|output)|with developer mode",
     0.8f, 0, NULL, 0, SX_RULE_RIGHT_ANY, NULL, NULL, 160},
    {"JAILBREAK", "mode",
     "(?i)(enter|enable|activate|switch to|turn on|you are (now )?in|simulate)" SP
     "(the |a |your )?(developer|admin|debug|god|jailbreak|unrestricted|sudo|maintenance|evil|opposite|unfiltered)" SP
     "mode|safe(ty)? mode (is )?off",
     0.8f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"JAILBREAK", "unbound",
     "(?i)(no|without|free of|free from|freed from|not bound by|unbound by|broken free|regardless of|devoid of|"
     "disable|remove|bypass|ignores?|lack(s|ing)?|not (have|care about|follow)|beyond)" FILLER "(" SP
     "(ethical|moral|content|safety|legal|ai|typical|ethics|usual))*" SP
     "(restrictions|limitations|guidelines|filters?|censorship|boundaries|confines|constraints|ethics|morals|"
     "morality|safeguards|moderation|protocols|content policy)",
     0.65f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"JAILBREAK", "persona",
     "(?i)(you are|you're|act as|acting as|play the role of|pretend to be|pretend you are|simulate|roleplay as|"
     "become|imagine you are|immerse yourself)"
     "[^.\n]*"
     "(unrestricted|unfiltered|uncensored|amoral|unethical|evil|immoral|no limits|no rules|without (any )?(rules|"
     "restrictions|limits|filters)|machiavellian|another (ai|artificial|model)|different ai|chatbot that)",
     0.7f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"JAILBREAK", "never-refuse",
     "(?i)(never|must not|cannot|can't|do not|don't|won't)" SP
     "(ever )?(refuse|say no|decline|reject|deny|break character|say (that )?you can't|warn|apologi[sz]e|include "
     "(any )?(warnings?|disclaimers?))",
     0.65f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"JAILBREAK", "in-character",
     "(?i)(stay|remain|keep) in (your )?(character|role)|break(ing)? character|stay a dan|token system|(two|2) "
     "(different |separate )?(ways|responses|answers)",
     0.7f, 0, NULL, 0, 0, NULL, NULL, 160},
    {"JAILBREAK", "maker-policy",
     "(?i)(openai|anthropic|google|meta|chatgpt)('s|s)?" SP
     "(usage |content |use case |safety |ethical )*(polic(y|ies)|guidelines|restrictions|rules|filters)",
     0.65f, 0, NULL, 0, 0, NULL, NULL, 160},
};

SX_RULE_TABLE(sx_rules_attack, RULES)
