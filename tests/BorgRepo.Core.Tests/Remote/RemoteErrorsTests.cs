using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>An exception that goes over the wire comes out as the same one.</summary>
public sealed class RemoteErrorsTests
{
    private const string Path = "/backup/repo";
    private const string Location = "ssh://host/backup/repo";

    public static TheoryData<string, Exception> Exceptions => new()
    {
        { "DoesNotExist", new RepositoryNotFoundException(Path) },
        { "AlreadyExists", new RepositoryExistsException(Path) },
        { "PathAlreadyExists", new PathExistsException(Path) },
        { "ParentPathDoesNotExist", new ParentPathNotFoundException(Path) },
        { "InvalidRepository", new InvalidRepositoryException(Path, "reason") },
        { "InvalidRepositoryConfig", new InvalidRepositoryConfigException(Path, "reason") },
        { "AtticRepository", new AtticRepositoryException(Path) },
        { "PathPermissionDenied", new RepositoryAccessDeniedException(Path) },
        { "PathNotAllowed", new PathNotAllowedException(Path) },
        { "CheckNeeded", new CheckNeededException(Path, "reason") },
        { "ObjectNotFound", new ObjectNotFoundException(ObjectId.Manifest, Path) },
        { "LockTimeout", new LockTimeoutException(Path + "/lock", ["host"]) },
        { "LockFailed", new LockFailedException(Path + "/lock", "reason") },
        { "NotLocked", new LockLostException(Path + "/lock", "reason") },
        { "StorageQuotaExceeded", new StorageQuotaExceededException(10_000_000, 10_010_000) },
        { "InsufficientFreeSpaceError", new InsufficientFreeSpaceException(10_000_000, 1_000) },
        { "InsufficientFreeSpaceError", new InsufficientFreeSpaceException(10_000_000, null) },
        { "ValueError", new AppendOnlyException(Path, "a repair") },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void An_error_survives_the_way_to_the_client(string className, Exception error)
    {
        RpcError sent = RpcError.From(error);
        Assert.Equal(className, sent.ClassName);
        BorgRepositoryException received = RemoteErrors.ToException(sent with { Message = sent.ShortText }, Location);
        Assert.IsType(error.GetType(), received);
    }

    [Fact]
    public void Damage_keeps_its_place_and_kind()
    {
        IntegrityException error = new(IntegrityKind.ChecksumMismatch, 17, 4711, "Segment entry checksum mismatch", ObjectId.Manifest);
        IntegrityException received = Assert.IsType<IntegrityException>(RemoteErrors.ToException(RpcError.From(error), Location));
        Assert.Equal((IntegrityKind.ChecksumMismatch, 17u, 4711L), (received.Kind, received.Segment, received.Offset));
        Assert.Equal("Segment entry checksum mismatch", received.Reason);
    }

    [Theory]
    [InlineData("IntegrityError")]
    [InlineData("ObjectNotFound")]
    [InlineData("StorageQuotaExceeded")]
    [InlineData("SomethingElse")]
    public void Errors_that_cannot_be_rebuilt_keep_class_and_words(string className)
    {
        RpcError sent = new(className, ["what nobody", "can read"], "the words", RpcErrorKind.Plain);
        RemoteServerException received = Assert.IsType<RemoteServerException>(RemoteErrors.ToException(sent, Location));
        Assert.Equal(className, received.ClassName);
        Assert.Contains("the words", received.Message, StringComparison.Ordinal);
        Assert.Contains(Location, received.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_of_the_operating_system_have_the_names_that_clients_know()
    {
        Assert.Equal("FileNotFoundError", RpcError.From(new SegmentMissingException(3, "/x")).ClassName);
        Assert.Equal("FileNotFoundError", RpcError.From(new FileNotFoundException("x")).ClassName);
        Assert.Equal("PermissionError", RpcError.From(new UnauthorizedAccessException("x")).ClassName);
        Assert.Equal("OSError", RpcError.From(new IOException("x")).ClassName);
        Assert.Equal("OSError: x\n", RpcError.From(new IOException("x")).ShortText);
    }

    [Fact]
    public void A_failed_transaction_is_told_by_what_made_it_fail()
    {
        InvalidTransactionStateException error = new("It failed before.", new IOException("disk gone"));
        RpcError sent = RpcError.From(error);
        Assert.Equal(("OSError", "It failed before."), (sent.ClassName, sent.Message));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(10_000_000)]
    [InlineData(8_199_999)]
    [InlineData(long.MaxValue)]
    public void Sizes_are_read_back_to_the_digits_that_were_written(long bytes)
    {
        Assert.True(ByteSize.TryParse(ByteSize.Format(bytes), out long read));
        Assert.Equal(ByteSize.Format(bytes), ByteSize.Format(read));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("12 XB")]
    [InlineData("x MB")]
    [InlineData("99999999999999 EB")]
    public void What_is_no_size_is_none(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
