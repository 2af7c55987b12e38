import type { EntityName } from "../../domain/entities";

/**
 * What APIs call our fields, the surest first, as plain names. `a.b` is a `b` right inside an `a`; a single word counts at
 * the top of the record and inside what only holds the record's own values, such as `profile`.
 */
export const FIELD_WORDS: Readonly<Record<EntityName, Readonly<Record<string, readonly string[]>>>> = {
  users: {
    username: [
      ...["username", "login", "loginname", "preferredusername", "userprincipalname", "upn", "logonname", "signinname"],
      ...["accountname", "samaccountname", "userid", "uid", "handle"],
    ],
    email: [
      "email",
      "mail",
      "emailaddress",
      "primaryemail",
      "workemail",
      "businessemail",
      "useremail",
      "contact.email",
    ],
    display_name: [
      ...["displayname", "fullname", "name.formatted", "formattedname", "commonname", "cn", "realname", "name"],
      ...["name.full", "name.display"],
    ],
    given_name: ["givenname", "firstname", "name.givenname", "name.first", "name.given", "forename", "first"],
    family_name: ["familyname", "lastname", "surname", "name.familyname", "name.last", "name.family", "sn", "last"],
    phone: [
      ...["phone", "phonenumber", "primaryphone", "workphone", "businessphone", "telephone", "telephonenumber"],
      ...["mobile", "mobilephone", "mobilenumber", "cellphone", "contact.phone"],
    ],
    title: ["title", "jobtitle", "positiontitle", "position", "position.name", "job.title"],
    locale: ["locale", "preferredlanguage", "language", "preferredlocale", "lang", "languagecode"],
    timezone: ["timezone", "timezoneid", "zoneinfo", "tz"],
    valid_from: ["validfrom", "activefrom", "startdate", "hiredate", "employment.since", "employment.start"],
    valid_until: [
      ...["validuntil", "validto", "expiresat", "expirationdate", "expirydate", "accountexpires", "enddate"],
      ...["terminationdate", "employment.until", "employment.end"],
    ],
    password_changed_at: [
      ...["passwordchangedat", "passwordchanged", "lastpasswordchange", "lastchangepasswordtime", "passwordlastset"],
      ...["passwordlastchanged", "pwdlastset", "lastpasswordchangedatetime"],
    ],
    changed_at: [
      ...[
        "updatedat",
        "lastupdated",
        "lastmodified",
        "modifiedat",
        "lastmodifiedat",
        "lastmodifieddatetime",
        "updated",
      ],
      ...[
        "modified",
        "updatedtime",
        "updatetime",
        "modifieddate",
        "lastmodifieddate",
        "changedat",
        "meta.lastmodified",
      ],
    ],
  },
  roles: {
    name: ["displayname", "name", "title", "label", "rolename", "display", "role"],
    description: ["description", "desc", "summary", "details"],
    kind: ["kind", "type", "category", "roletype"],
    privileged: ["privileged", "isprivileged", "critical", "isadmin", "admin", "isadministrator"],
  },
  permissions: {
    name: ["displayname", "name", "title", "label", "permissionname", "permission", "display"],
    description: ["description", "desc", "summary", "details"],
    resource: ["resource", "resourcename", "resourcetype", "object", "subject"],
    action: ["action", "verb", "operation", "method"],
  },
  orgs: {
    name: ["displayname", "name", "title", "label", "legalname", "organizationname", "orgname", "groupname", "display"],
    parent: ["parentid", "parent", "parent.id", "parentorgid", "parentorganizationid", "parentkey", "parent.key"],
    kind: ["kind", "type", "category", "orgtype"],
  },
};

/** Objects that only hold a record's own values, so that what stands in them says as much as at the top. */
export const PLAIN_CONTAINERS: ReadonlySet<string> = new Set([
  ...["profile", "attributes", "person", "personal", "contact", "contactinfo", "general", "account", "accountinfo"],
  ...["data", "details", "traits", "properties", "fields", "userinfo", "employment", "identity", "meta", "node"],
]);

/** Leftovers that people are looked up by, kept as attributes. */
export const ATTRIBUTE_WORDS: readonly string[] = [
  ...["department", "division", "costcenter", "employeenumber", "employeeid", "personnelnumber", "employeetype"],
];

/** Lists of addresses and numbers, as SCIM and others have them. */
export const CONTACT_LISTS: Readonly<Record<string, readonly string[]>> = {
  email: ["emails", "emailaddresses", "mails"],
  phone: ["phonenumbers", "phones", "telephones"],
};

/** What is written about a person, and so never shown in full. */
export const PERSONAL_FIELDS: ReadonlySet<string> = new Set([
  "email",
  "display_name",
  "given_name",
  "family_name",
  "phone",
]);
