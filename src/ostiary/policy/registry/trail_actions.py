"""Which actions do CloudTrail and Access Analyzer have, which read the trail and the policies?

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiamaccessanalyzer.html
"""

from __future__ import annotations

from ostiary.policy.registry.service_actions import (
    REQUEST_TAGS,
    RESOURCE_TAGS,
    AccessLevel,
    Group,
    service_actions,
)

_LIST, _READ, _WRITE, _TAGGING = AccessLevel.LIST, AccessLevel.READ, AccessLevel.WRITE, AccessLevel.TAGGING

_TRAIL = ("arn:aws:cloudtrail:*:*:trail/*",)
_STORE = ("arn:aws:cloudtrail:*:*:eventdatastore/*",)
_CHANNEL = ("arn:aws:cloudtrail:*:*:channel/*",)
_DASHBOARD = ("arn:aws:cloudtrail:*:*:dashboard/*",)
_ALL_OF_TRAIL = (*_TRAIL, *_STORE, *_CHANNEL, *_DASHBOARD)

CLOUDTRAIL = service_actions(
    "cloudtrail",
    Group(_READ, "LookupEvents"),
    Group(
        _LIST,
        "ListChannels ListDashboards ListEventDataStores ListImports ListQueries ListTrails",
    ),
    Group(_READ, "GetImport ListImportFailures ListPublicKeys ListServiceLinkedChannels SearchSampleQueries"),
    Group(_READ, "DescribeTrails GetEventSelectors GetTrail GetTrailStatus", _TRAIL),
    Group(_READ, "GetInsightSelectors ListInsightsData ListInsightsMetricData", (*_TRAIL, *_STORE)),
    Group(_READ, "DescribeQuery GenerateQuery GetEventDataStore GetEventDataStoreData GetQueryResults", _STORE),
    Group(_READ, "GetEventConfiguration", (*_TRAIL, *_STORE)),
    Group(_READ, "GetChannel GetServiceLinkedChannel", _CHANNEL),
    Group(_READ, "GetDashboard", _DASHBOARD),
    Group(_READ, "GetResourcePolicy ListTags", _ALL_OF_TRAIL),
    Group(_WRITE, "CreateTrail", _TRAIL, REQUEST_TAGS),
    Group(_WRITE, "DeleteTrail PutEventSelectors StartLogging StopLogging UpdateTrail", _TRAIL),
    Group(_WRITE, "PutEventConfiguration PutInsightSelectors", (*_TRAIL, *_STORE)),
    Group(_WRITE, "CreateEventDataStore", _STORE, REQUEST_TAGS),
    Group(
        _WRITE,
        "CancelQuery DeleteEventDataStore DisableFederation EnableFederation RestoreEventDataStore"
        " StartEventDataStoreIngestion StartImport StartQuery StopEventDataStoreIngestion StopImport"
        " UpdateEventDataStore",
        _STORE,
    ),
    Group(_WRITE, "CreateChannel", _CHANNEL, REQUEST_TAGS),
    Group(
        _WRITE,
        "CreateServiceLinkedChannel DeleteChannel DeleteServiceLinkedChannel UpdateChannel UpdateServiceLinkedChannel",
        _CHANNEL,
    ),
    Group(_WRITE, "CreateDashboard", _DASHBOARD, REQUEST_TAGS),
    Group(_WRITE, "DeleteDashboard StartDashboardRefresh UpdateDashboard", _DASHBOARD),
    Group(_WRITE, "DeregisterOrganizationDelegatedAdmin RegisterOrganizationDelegatedAdmin"),
    Group(AccessLevel.PERMISSIONS_MANAGEMENT, "DeleteResourcePolicy PutResourcePolicy", _ALL_OF_TRAIL),
    Group(_TAGGING, "AddTags", _ALL_OF_TRAIL, REQUEST_TAGS),
    Group(_TAGGING, "RemoveTags", _ALL_OF_TRAIL, ("aws:TagKeys",)),
)

_ANALYZER = ("arn:aws:access-analyzer:*:*:analyzer/*",)
_RULE = ("arn:aws:access-analyzer:*:*:analyzer/*/archive-rule/*",)

ACCESS_ANALYZER = service_actions(
    "access-analyzer",
    Group(_READ, "CheckAccessNotGranted CheckNoNewAccess CheckNoPublicAccess ValidatePolicy"),
    Group(_READ, "GetGeneratedPolicy ListPolicyGenerations"),
    Group(_WRITE, "CancelPolicyGeneration StartPolicyGeneration"),
    Group(_LIST, "ListAnalyzers ListArchiveRules"),
    Group(
        _READ,
        "GetAccessPreview GetAnalyzedResource GetAnalyzer GetFinding GetFindingRecommendation GetFindingV2"
        " GetFindingsStatistics ListAccessPreviewFindings ListAccessPreviews ListAnalyzedResources ListFindings"
        " ListFindingsV2 ListTagsForResource",
        _ANALYZER,
        RESOURCE_TAGS,
    ),
    Group(_READ, "GetArchiveRule", _RULE),
    Group(_WRITE, "CreateAnalyzer", _ANALYZER, REQUEST_TAGS),
    Group(
        _WRITE,
        "CreateAccessPreview CreateServiceLinkedAnalyzer DeleteAnalyzer DeleteServiceLinkedAnalyzer"
        " GenerateFindingRecommendation StartResourceScan UpdateAnalyzer UpdateFindings",
        _ANALYZER,
        RESOURCE_TAGS,
    ),
    Group(_WRITE, "ApplyArchiveRule CreateArchiveRule DeleteArchiveRule UpdateArchiveRule", _RULE),
    Group(_TAGGING, "TagResource", _ANALYZER, (*REQUEST_TAGS, *RESOURCE_TAGS)),
    Group(_TAGGING, "UntagResource", _ANALYZER, ("aws:TagKeys", *RESOURCE_TAGS)),
)
