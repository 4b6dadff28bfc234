/* Groups of finding types, as rules name them with @. A pattern with * takes in types that are added later. */
#include <string.h>

#include "guard/policy/read.h"

static const struct {
    const char *name;
    const char *types;
} GROUPS[] = {
    {"@name", "PERSON|TITLE"},
    {"@contact", "EMAIL_ADDRESS|*PHONE*|*MOBILE*|CN_LANDLINE|CN_WECHAT_ID|CN_QQ|*FAX*"},
    {"@address", "ADDRESS|*_ADDRESS|*POSTCODE|DE_PLZ|*POSTAL_CODE"},
    {"@place", "LOCATION|ORGANIZATION|COORDINATES"},
    {"@person", "PERSON|TITLE|AGE|NRP|*DATE_OF_BIRTH|DATE_TIME"},
    {"@payment",
     "CREDIT_CARD|*_BANK_CARD|IBAN_CODE|*_BANK_NUMBER|ABA_ROUTING_NUMBER|CRYPTO|*SWIFT*|*BANK_ACCOUNT*|CARD_*"},
    {"@card", "CREDIT_CARD|*_BANK_CARD"},
    {"@health", "US_MBI|MEDICAL_*|*_NHS|AU_MEDICARE|DE_HEALTH_INSURANCE|DE_BSNR|DE_LANR|US_NPI|*HEALTH*"},
    {"@identity",
     "*_RESIDENT_ID|*PASSPORT*|*_SSN|*_ITIN|*_SIN|*_NINO|*DRIVER*|*DRIVING*|DE_FUEHRERSCHEIN|*_ID|*_ID_CARD|*_NIE|*_NIF|"
     "*PERSONAL_IDENTITY_CODE|*FISCAL_CODE|*IDENTITY_CARD|*PESEL|*PERSONNUMMER|*NATIONAL_ID|*_AADHAAR|IN_PAN|*VOTER|*_RRN|"
     "*_FRN|*_NIN|*NRIC*|*TNIN|*ID_NUMBER|*SOCIAL_SECURITY|*PERMIT|*_TFN|*_NIR|*_BSN|*NATIONAL_NUMBER|*_SVNR|*_AHV|*_FNR|*_CPR|"
     "*_PPSN|*BIRTH_NUMBER|*_CNP|*_EGN|*_OIB|*_EMSO|*ISIKUKOOD|*ASMENS_KODAS|*PERSONAS_KODS|*_MATRICULE|*KENNITALA|*_AFM|*_AMKA|"
     "*_CPF|*_CURP|*_DNI|*_RUT|*MY_NUMBER|*_NIK|*_CCCD|*_IRD"},
    {"@business",
     "CN_USCC|*HANDELSREGISTER|*VAT*|AU_ABN|AU_ACN|*GSTIN|*_BRN|*_UEN|*ORGANISATIONSNUMMER|DE_TAX_NUMBER|PH_TIN|LEI"},
    {"@vehicle", "*PLATE*|*VEHICLE*|DE_KFZ|*VIN"},
    {"@network", "IP_ADDRESS|MAC_ADDRESS|URL|IMEI|*COOKIE*"},
    {"@secret", "SECRET"},
    {"@attack", "PROMPT_INJECTION|JAILBREAK"},
    {"@harm", "HARMFUL|BLOCKED"},
    {"@cn", "CN_*"},
    {"@us", "US_*|ABA_ROUTING_NUMBER"},
};

const char *sx_policy_group(const char *name)
{
    for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++) {
        if (strcmp(GROUPS[i].name, name) == 0) return GROUPS[i].types;
    }
    return NULL;
}

const char *sx_policy_group_name(size_t i)
{
    return i < sizeof GROUPS / sizeof *GROUPS ? GROUPS[i].name : NULL;
}
