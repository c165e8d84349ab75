import type { Day } from "../../domain/day.ts";
import { type DayNumber, dayAt } from "../calendar.ts";
import type { CodeWork, Engagement, Fact, OfficeApp } from "../ledger/fact.ts";
import { Distinct, type Estimate } from "./counting.ts";

/** Counters every surface with messages has. */
class Surface {
  messages = 0;
  skillCalls = 0;
  pluginCalls = 0;
  connectorCalls = 0;
  artifactsCreated = 0;
  projectsCreated = 0;
  readonly threads = new Distinct();
  readonly skills = new Distinct();
  readonly plugins = new Distinct();
  readonly connectors = new Distinct();
  readonly projects = new Distinct();

  add(did: Engagement): void {
    this.messages += did.messages;
    this.skillCalls += did.skillCalls;
    this.pluginCalls += did.pluginCalls;
    this.connectorCalls += did.reads + did.writes + did.unclassifiedCalls;
    this.artifactsCreated += did.artifacts.length;
    this.projectsCreated += did.projectsCreated;
    this.threads.add(did.thread);
    if (did.skill !== null) this.skills.add(did.skill);
    if (did.plugin !== null && did.pluginCalls > 0) this.plugins.add(did.plugin);
    if (did.connector !== null) this.connectors.add(did.connector);
    if (did.project !== null) this.projects.add(did.project);
  }
}

const OFFICE_APPS: readonly OfficeApp[] = ["excel", "outlook", "powerpoint", "word"];

/** Everything a row of user activity counts, for one member or for the members of a group. */
export class UserSums {
  private readonly chat = new Surface();
  private readonly cowork = new Surface();
  private readonly design = new Surface();
  private readonly science = new Surface();
  private readonly office = new Map<OfficeApp, Surface>(OFFICE_APPS.map((app) => [app, new Surface()]));
  private readonly sharedArtifacts = new Distinct();
  private readonly members = new Distinct();
  private readonly tagDays = new Distinct();
  private readonly sessions = new Distinct();
  private thinkingMessages = 0;
  private filesUploaded = 0;
  private sharedConversationsViewed = 0;
  private actions = 0;
  private dispatchTurns = 0;
  private delegations = 0;
  private computeJobs = 0;
  private tagMessages = 0;
  private codeArtifacts = 0;
  private commits = 0;
  private pullRequests = 0;
  private linesAdded = 0;
  private linesRemoved = 0;
  private readonly accepted = { edit: 0, multiEdit: 0, notebookEdit: 0, write: 0 };
  private readonly rejected = { edit: 0, multiEdit: 0, notebookEdit: 0, write: 0 };
  private webSearches = 0;
  private lastDay: DayNumber = -1;

  add(fact: Fact, person: number, day: DayNumber): void {
    this.members.add(person);
    this.lastDay = Math.max(this.lastDay, day);
    const { engagement, code, tag } = fact;
    if (tag !== null) {
      this.tagMessages += tag.messages;
      this.tagDays.add(person * 4096 + day);
    }
    if (code !== null) this.addCode(code);
    if (engagement !== null) this.addEngagement(engagement, fact.searches);
  }

  private addEngagement(did: Engagement, searches: number): void {
    this.webSearches += searches;
    switch (did.surface) {
      case "chat":
        this.chat.add(did);
        this.thinkingMessages += did.thinkingMessages;
        this.filesUploaded += did.filesUploaded;
        this.sharedConversationsViewed += did.sharedConversationsViewed;
        if (did.sharedArtifact !== null) this.sharedArtifacts.add(did.sharedArtifact);
        return;
      case "claude_code":
        this.codeArtifacts += did.artifacts.length;
        return;
      case "cowork":
        this.cowork.add(did);
        this.actions += did.actions;
        this.dispatchTurns += did.dispatchTurns;
        return;
      case "claude_design":
        this.design.add(did);
        return;
      case "office_agent":
        this.office.get(did.app ?? "word")?.add(did);
        return;
      case "science":
        this.science.add(did);
        this.delegations += did.delegations;
        this.computeJobs += did.computeJobs;
        return;
      case "claude_in_chrome":
        return;
    }
  }

  private addCode(code: CodeWork): void {
    this.sessions.add(code.session);
    this.commits += code.commits;
    this.pullRequests += code.pullRequests;
    this.linesAdded += code.linesAdded;
    this.linesRemoved += code.linesRemoved;
    for (const tool of ["edit", "multiEdit", "notebookEdit", "write"] as const) {
      this.accepted[tool] += code.accepted[tool];
      this.rejected[tool] += code.rejected[tool];
    }
  }

  get memberCount(): number {
    return this.members.count;
  }

  /** The last day with activity; null for none. */
  get lastActivity(): Day | null {
    return this.lastDay < 0 ? null : dayAt(this.lastDay);
  }

  /** Measures that rows can be ranked by. */
  readonly rank = {
    chat_messages: () => this.chat.messages,
    cowork_messages: () => this.cowork.messages,
    lines_added: () => this.linesAdded,
    commits: () => this.commits,
    web_searches: () => this.webSearches,
  };

  /** The metric blocks of a row; blocks without activity are full of zeros. */
  wire(about: Estimate) {
    const { design, science } = this;
    return {
      web_search_count: this.webSearches,
      chat_metrics: this.chatMetrics(about),
      claude_code_metrics: this.codeMetrics(),
      cowork_metrics: this.coworkMetrics(about),
      design_metrics: {
        distinct_projects_created_count: design.projectsCreated,
        distinct_projects_used_count: about(design.projects.count),
        distinct_session_count: about(design.threads.count),
        message_count: design.messages,
      },
      office_metrics: this.officeMetrics(about),
      science_metrics: {
        delegation_count: this.delegations,
        distinct_session_count: about(science.threads.count),
        message_count: science.messages,
        remote_compute_job_count: this.computeJobs,
        skills_used_count: science.skillCalls,
      },
      claude_tag_metrics: { active_day_count: this.tagDays.count, active_message_count: this.tagMessages },
    };
  }

  private chatMetrics(about: Estimate) {
    const { chat } = this;
    return {
      connectors_used_count: chat.connectorCalls,
      distinct_artifacts_created_count: chat.artifactsCreated,
      distinct_connectors_used_count: about(chat.connectors.count),
      distinct_conversation_count: about(chat.threads.count),
      distinct_files_uploaded_count: about(this.filesUploaded),
      distinct_projects_created_count: chat.projectsCreated,
      distinct_projects_used_count: about(chat.projects.count),
      distinct_shared_artifacts_viewed_count: about(this.sharedArtifacts.count),
      distinct_skills_used_count: about(chat.skills.count),
      message_count: chat.messages,
      shared_conversations_viewed_count: this.sharedConversationsViewed,
      thinking_message_count: this.thinkingMessages,
    };
  }

  private codeMetrics() {
    return {
      core_metrics: {
        artifacts_created_count: this.codeArtifacts,
        commit_count: this.commits,
        // Sessions do not outlive their day, so the sum of the days' counts is this count.
        distinct_session_count: this.sessions.count,
        lines_of_code: { added_count: this.linesAdded, removed_count: this.linesRemoved },
        pull_request_count: this.pullRequests,
      },
      tool_actions: {
        edit_tool: { accepted_count: this.accepted.edit, rejected_count: this.rejected.edit },
        multi_edit_tool: {
          accepted_count: this.accepted.multiEdit,
          rejected_count: this.rejected.multiEdit,
        },
        notebook_edit_tool: {
          accepted_count: this.accepted.notebookEdit,
          rejected_count: this.rejected.notebookEdit,
        },
        write_tool: { accepted_count: this.accepted.write, rejected_count: this.rejected.write },
      },
    };
  }

  private coworkMetrics(about: Estimate) {
    const { cowork } = this;
    return {
      action_count: this.actions,
      artifacts_created_count: cowork.artifactsCreated,
      connectors_used_count: cowork.connectorCalls,
      dispatch_turn_count: this.dispatchTurns,
      distinct_connectors_used_count: about(cowork.connectors.count),
      distinct_plugins_used_count: about(cowork.plugins.count),
      distinct_session_count: about(cowork.threads.count),
      distinct_skills_used_count: about(cowork.skills.count),
      message_count: cowork.messages,
      plugins_used_count: cowork.pluginCalls,
      skills_used_count: cowork.skillCalls,
      ...UNMEASURED_IN_COWORK,
    };
  }

  private officeMetrics(about: Estimate) {
    return Object.fromEntries(
      [...this.office].map(([app, used]) => [
        app,
        {
          connectors_used_count: used.connectorCalls,
          distinct_connectors_used_count: about(used.connectors.count),
          distinct_session_count: about(used.threads.count),
          distinct_skills_used_count: about(used.skills.count),
          message_count: used.messages,
          skills_used_count: used.skillCalls,
        },
      ]),
    );
  }
}

/** The organization has file-edit measurement switched off. */
const UNMEASURED_IN_COWORK = {
  edit_tool_count: null,
  file_edit_count: null,
  multi_edit_tool_count: null,
  notebook_edit_tool_count: null,
  sessions_with_file_edits_count: null,
  write_tool_count: null,
};
